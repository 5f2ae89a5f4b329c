"""The U-Net.

Imports `segmenters`, `networks`, `training`, `data` and `spec`.
"""
