"""The findings as tables.

Imports `reports`, `statistics`, `verdict` and `findings`.
"""
