"""From what difference of test F1 on a user cares, unless told otherwise."""

MARGIN_F1 = 0.01
"""Differences of F1 up to this are of no account."""
