"""Scores and costs by arm, arms in pairs, and what may be said about them.

Imports `reports` and `statistics`.
"""
