"""Finds images that are copies or overlapping crops of one another."""

from collections.abc import Callable, Iterable

import numpy as np


def tie_duplicates(
    images: Iterable[tuple[str, np.ndarray]], *, read: Callable[[str], np.ndarray]
) -> list[tuple[str, str]]:
    """Pairs of ids of equal images."""
    return []
