"""The model families that turn images into labels, one folder per family.

Imports `spec`, `data`, `metrics` and `training`. A family's folder may import more (see there),
and no family imports another; `families.py` imports the light half of each.
"""
