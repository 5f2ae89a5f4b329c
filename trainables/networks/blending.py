"""Large images in overlapping tiles: memory bounded by the tile, no seams in the output."""

from collections.abc import Callable, Iterator

import numpy as np

TILE_PX = 1024
"""Images up to this side are processed whole."""
OVERLAP_PX = 128
"""Pixels that neighbouring tiles share: several cells wide at the working scale."""


def process_in_tiles(
    image: np.ndarray,
    process: Callable[[np.ndarray], np.ndarray],
    *,
    outputs: int,
    multiple: int,
    tile_px: int = TILE_PX,
    overlap_px: int = OVERLAP_PX,
) -> np.ndarray:
    """Applies a network to an image of any size, and blends the overlaps linearly.

    Args:
        image: float32 [H, W, C].
        process: from float32 [h, w, C], h and w multiples of `multiple`, to float [outputs, h, w].
        outputs: number of output maps.
        multiple: what the network's input sides must be multiples of; images are mirrored at
            their lower and right edges to get there.
        tile_px: largest side of a tile.
        overlap_px: pixels that neighbouring tiles share.

    Returns:
        float16 [outputs, H, W].
    """
    height, width = image.shape[:2]
    blended = np.zeros((outputs, height, width), np.float16)
    for rows, row_weights in tiles(height, tile_px=tile_px, overlap_px=overlap_px):
        for columns, column_weights in tiles(width, tile_px=tile_px, overlap_px=overlap_px):
            part = _process_padded(image[rows, columns], process, multiple=multiple)
            blended[:, rows, columns] += part * (row_weights[:, None] * column_weights)
    return blended


def tiles(length: int, *, tile_px: int, overlap_px: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Intervals of equal length that cover [0, length), with weights that add up to 1 everywhere.

    Yields:
        The interval and its weights, float32 [interval]: 1 where it is alone, and a ramp where it
        shares pixels with a neighbour.
    """
    tile_px = min(tile_px, length)
    count = 1 + -(-(length - tile_px) // max(tile_px - overlap_px, 1))
    starts = np.linspace(0, length - tile_px, count).round().astype(int)
    hat = np.minimum(np.arange(1, tile_px + 1), np.arange(tile_px, 0, -1)).clip(max=overlap_px)
    total = np.zeros(length, np.float32)
    for start in starts:
        total[start : start + tile_px] += hat
    for start in starts:
        interval = slice(int(start), int(start) + tile_px)
        yield interval, (hat / total[interval]).astype(np.float32)


def _process_padded(
    image: np.ndarray, process: Callable[[np.ndarray], np.ndarray], *, multiple: int
) -> np.ndarray:
    height, width = image.shape[:2]
    padding = ((0, -height % multiple), (0, -width % multiple), (0, 0))
    return process(np.pad(image, padding, mode="reflect"))[:, :height, :width]
