"""Which images are annotated, which are test images, and which must stay together.

Imports `data`, `opening` and `spec`.
"""
