"""From found files to a data set in which every file was examined once.

Imports `data` and `files`.
"""
