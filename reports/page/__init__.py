"""The page and its files: the end of the way.

Imports every other room of `reports`.
"""
