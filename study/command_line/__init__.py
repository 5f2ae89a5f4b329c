"""The command `study`: one file per command, and the screens that the commands print.

Imports every other room; none imports it.
"""
