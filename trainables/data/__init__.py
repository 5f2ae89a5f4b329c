"""Images and labels: reading, splitting, cropping, augmenting, simulating."""
