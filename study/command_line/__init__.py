"""The command `study`: one file a command, and the screens that they print.

Imports every other room; nobody imports it.
"""
