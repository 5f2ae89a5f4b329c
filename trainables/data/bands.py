"""Bands of rows: looks at a large array without temporary copies as large as itself."""

from collections.abc import Iterator
from typing import Any

BAND_PX = 4 * 1024 * 1024
"""Pixels of a band: all of most images."""


def bands(image: Any, *, px: int = BAND_PX) -> Iterator[Any]:
    """Parts of [H, W, ...] from top to bottom, of about so many pixels and at least one row."""
    for rows in band_rows(image.shape, px=px):
        yield image[rows]


def band_rows(shape: tuple[int, ...], *, px: int = BAND_PX) -> Iterator[slice]:
    """The rows of each band of an array of this [H, W, ...]."""
    each = max(px // max(shape[1], 1), 1)
    for top in range(0, shape[0], each):
        yield slice(top, min(top + each, shape[0]))
