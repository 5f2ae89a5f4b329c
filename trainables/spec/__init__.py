"""What fixes a training: its spec in parts, checked, flat at the wire, and its randomness.

Imports the standard library and numpy alone; a GAN's row imports its networks when it makes them.
"""
