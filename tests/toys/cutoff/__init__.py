"""A threshold and connected components: the smallest segmenter that there can be.

Imports what `segmenters` may import, and its protocol.
"""
