"""What a search may vary, one small file per choice.

Imports `trainables.spec`, and the families of `trainables.segmenters`.
"""
