"""Trained models: loaded, used, and run without this project.

Imports `segmenters`, `data`, `metrics`, `results` and `spec`.
"""
