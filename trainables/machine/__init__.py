"""The machine that a training runs on: its processor, its cache of downloads, its versions.

Imports no other room.
"""
