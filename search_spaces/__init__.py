"""What a search may vary, one small file a choice.

Imports `trainables.spec`, and the families of `trainables.segmenters`.
"""
