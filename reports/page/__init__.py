"""The page and its files: the last step of a report.

Imports every other room of `reports`.
"""
