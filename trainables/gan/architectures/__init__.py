"""One file a paper, and the bricks that several of them share.

Imports `gan`, `networks` and `spec`.
"""
