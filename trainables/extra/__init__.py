"""Synthetic samples that are added to the annotated images, and encoders from GANs.

Imports `segmenters`, `gan`, `training`, `data` and `spec`.
"""
