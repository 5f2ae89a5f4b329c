"""Specs and results as stored and sent: flat dicts and JSON, handled only here.

Imports `spec`, `results` and `segmenters`.
"""
