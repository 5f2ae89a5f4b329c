"""A threshold and connected components: the smallest segmenter that there can be.

Imports `segmenters`, `training`, `data` and `spec`.
"""
