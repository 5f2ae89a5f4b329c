"""Scores of predicted against true labels, in the field's conventions.

Imports `results` and `data`.
"""
