"""The smallest difference in test F1 that a user cares about, unless set otherwise."""

MARGIN_F1 = 0.01
"""Differences in F1 up to this do not matter."""
