"""Bands of rows: views of a large array that avoid temporary copies as large as itself."""

from collections.abc import Iterator
from typing import Any

BAND_PX = 4 * 1024 * 1024
"""Pixels of a band; most images fit into one."""


def bands(image: Any, *, px: int = BAND_PX) -> Iterator[Any]:
    """Parts of [H, W, ...] from top to bottom, of about `px` pixels and at least one row."""
    for rows in band_rows(image.shape, px=px):
        yield image[rows]


def band_rows(shape: tuple[int, ...], *, px: int = BAND_PX) -> Iterator[slice]:
    """The rows of each band of an array of shape [H, W, ...]."""
    each = max(px // max(shape[1], 1), 1)
    for top in range(0, shape[0], each):
        yield slice(top, min(top + each, shape[0]))
