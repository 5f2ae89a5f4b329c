"""StarDist, on TensorFlow.

Imports what `segmenters` may import, and its protocol; never torch.
"""
