"""What fixes a training: its spec in parts, checked, flat for transfer, and its randomness.

Imports the standard library and numpy alone; a GAN's row imports its networks when it makes them.
"""
