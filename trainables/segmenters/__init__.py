"""The model families that turn images into labels, one folder each.

Imports `spec`, `results`, `machine`, `data`, `metrics`, `training` and `networks`; no family
imports another.
"""
