"""What a search may vary: one small file for each choice."""
