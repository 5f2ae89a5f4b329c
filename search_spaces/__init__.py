"""What a search may vary, one small file a choice.

Imports `trainables.spec`.
"""
