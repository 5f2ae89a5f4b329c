"""StarDist, on TensorFlow.

Imports `segmenters`, `training`, `machine`, `results`, `data` and `spec`; never torch.
"""
