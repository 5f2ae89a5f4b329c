"""GANs: their interface (`adversary.py`, `protocol.py`) and what all of them share.

Imports `spec`, `data`, `training`, `networks` and `metrics`.
"""
