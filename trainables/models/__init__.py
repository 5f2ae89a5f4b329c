"""Trained models: loaded, used, and run without this project.

Imports `wire`, `segmenters`, `data`, `metrics`, `results` and `spec`.
"""
