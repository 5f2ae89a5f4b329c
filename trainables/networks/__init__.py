"""Torch networks and what goes with them: weights by name, tiles, watershed, TorchScript.

Imports `data` and `training`, and of `segmenters` what is said of an exported network.
"""
