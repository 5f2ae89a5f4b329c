"""The rule of the NeurIPS 2022 challenge: cells cut by the border of the image are not scored."""

from collections.abc import Iterator, Sequence

import numpy as np

from trainables.metrics.contingency import Contingency, tabulate
from trainables.metrics.matching import count
from trainables.metrics.quantities import pool
from trainables.results.image_score import Counts

FRAME_PX = 2
TILED_FROM_PX = 25_000_000
TILE_PX = 2000


def count_without_border(
    true: np.ndarray, predicted: np.ndarray, *, table: Contingency, thresholds: Sequence[float]
) -> tuple[Counts, ...]:
    """Found, invented and missed cells, those that touch the outer 2 pixels dropped beforehand.

    Each side drops its own cells: a true cell near the border whose prediction reaches the frame
    is missed. Images of 25 million pixels and more are filled up with background to multiples of
    2000 and scored in tiles of 2000 x 2000 pixels, with the rule applied to every tile, so that
    cells on the seams are not scored; the counts of the tiles are added.

    Args:
        true: integer [H, W], 0 background, positive values cells.
        predicted: integer [H, W], same shape and meaning.
        table: `tabulate(true, predicted)`, not counted a second time where there are no tiles.
        thresholds: smallest IoUs that count as found, each in (0, 1].

    Source: Ma et al. 2024 (doi:10.1038/s41592-024-02233-6), baseline/compute_metric.py.
    """
    if true.size < TILED_FROM_PX:
        return count(_drop_touching(table, true, predicted), thresholds)
    tiles = [
        count(_drop_touching(tabulate(t, p), t, p), thresholds) for t, p in _tiles(true, predicted)
    ]
    return tuple(pool(counts) for counts in zip(*tiles, strict=True))


def _drop_touching(table: Contingency, true: np.ndarray, predicted: np.ndarray) -> Contingency:
    return table.keep(
        true=np.isin(table.true_labels, _labels_in_frame(true), invert=True),
        predicted=np.isin(table.predicted_labels, _labels_in_frame(predicted), invert=True),
    )


def _labels_in_frame(labels: np.ndarray) -> np.ndarray:
    sides = (
        labels[:FRAME_PX],
        labels[-FRAME_PX:],
        labels[:, :FRAME_PX],
        labels[:, -FRAME_PX:],
    )
    return np.unique(np.concatenate([side.ravel() for side in sides]))


def _tiles(true: np.ndarray, predicted: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    H, W = true.shape
    for top in range(0, H, TILE_PX):
        for left in range(0, W, TILE_PX):
            window = np.s_[top : top + TILE_PX, left : left + TILE_PX]
            yield _fill_up(true[window]), _fill_up(predicted[window])


def _fill_up(tile: np.ndarray) -> np.ndarray:
    missing = [(0, TILE_PX - length) for length in tile.shape]
    return np.pad(tile, missing) if np.any(missing) else tile
