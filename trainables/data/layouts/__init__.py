"""The layouts of data sets on disk, one a file; `layouts.py` recognises and opens them.

Imports `data`, `files`, `opening` and `machine`.
"""
