"""Cellpose: its flows, predicted by its own ViT or by small networks.

Imports `segmenters`, `networks`, `training`, `machine`, `data` and `spec`.
"""
