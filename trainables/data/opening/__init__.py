"""From found files to a data set whose every file was looked at once.

Imports `data` and `files`.
"""
