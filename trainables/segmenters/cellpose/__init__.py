"""Cellpose: its flows on its own ViT or on small networks.

Imports what `segmenters` may import, and its protocol.
"""
