"""How well predicted labels agree with true ones."""
