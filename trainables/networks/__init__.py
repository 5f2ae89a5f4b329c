"""Torch networks and what goes with them: weights by name, tiles, watershed, TorchScript.

Imports `data` and `training`, and from `segmenters` the description of an exported network.
"""
