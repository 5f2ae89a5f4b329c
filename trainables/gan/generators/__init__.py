"""Fitted GANs that make synthetic crops.

Imports `gan`, `architectures`, `masks`, `data`, `spec` and `training`.
"""
