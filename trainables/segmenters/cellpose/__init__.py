"""Cellpose: its flows on its own ViT or on small networks.

Imports `segmenters`, `networks`, `training`, `machine`, `data` and `spec`.
"""
