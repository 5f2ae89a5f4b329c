"""Scores and costs by arm, arms in pairs, and what may be said of them.

Imports `reports` and `statistics`.
"""
