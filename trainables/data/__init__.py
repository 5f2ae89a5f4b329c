"""Images and labels in memory: crops, brightness, scale, windows of large images.

Imports `spec`; the rooms in it read, open, divide and simulate data sets.
"""
