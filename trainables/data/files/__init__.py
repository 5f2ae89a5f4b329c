"""Single files of images and labels, read with what is wrong with them named.

Imports `data`.
"""
