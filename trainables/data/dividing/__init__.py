"""Which images are annotated, which test, and which must stay together.

Imports `data`, `opening` and `spec`.
"""
