"""The U-Net.

Imports what `segmenters` may import, and its protocol.
"""
