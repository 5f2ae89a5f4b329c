"""The findings as figures, and pictures of cells.

Imports `reports`, `statistics`, `verdict` and `findings`.
"""
