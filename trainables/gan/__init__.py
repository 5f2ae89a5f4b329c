"""Making synthetic training data with generative adversarial networks."""
