"""Specs and results as they lie in files and travel: flat dicts and JSON, and nowhere else.

Imports `spec`, `results` and `segmenters`.
"""
