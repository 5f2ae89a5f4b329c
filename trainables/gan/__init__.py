"""GANs: what each is (`adversary.py`, `protocol.py`) and what all share.

Imports `spec`, `data`, `training`, `networks` and `metrics`.
"""
