"""Pools of synthetic crops: filtered, measured, and kept as files.

Imports `gan`, `segmenters`, `metrics`, `data`, `spec` and `training`.
"""
