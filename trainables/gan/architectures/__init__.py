"""One file per paper, and the building blocks that several of them share.

Imports `gan`, `networks` and `spec`.
"""
