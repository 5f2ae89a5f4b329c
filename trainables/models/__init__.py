"""Trained models: loading them, using them, and running them without this project.

Imports `wire`, `segmenters`, `data`, `metrics`, `results` and `spec`.
"""
