"""Reads single files of images and labels, and names what is wrong with them.

Imports `data`.
"""
