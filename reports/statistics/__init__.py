"""Intervals, corrected comparisons and power over plain arrays: knows no arm and no store.

Imports numpy, and `trainables.spec` for its randomness.
"""
