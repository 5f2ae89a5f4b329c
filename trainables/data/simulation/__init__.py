"""Cells simulated from nothing: shapes, textures, optics, looks.

Imports `data` and `spec`.
"""
