"""Found, invented and missed cells by cell size."""

from collections.abc import Sequence

import numpy as np

from trainables.metrics.contingency import Contingency
from trainables.metrics.matching import match
from trainables.results.image_score import SizeCounts


def count_by_size(
    table: Contingency, *, edges_px: Sequence[float], threshold: float = 0.5
) -> tuple[SizeCounts, ...]:
    """Splits the counts of one image by the diameter of the cells.

    A cell's diameter is that of the disc of the same area. A found or missed cell is sorted by
    the true diameter, an invented one by its own.

    Args:
        table: of the two label images.
        edges_px: where one class ends and the next begins, ascending, in pixels; (10, 20) makes
            the classes [0, 10), [10, 20) and [20, infinity).
        threshold: smallest IoU that counts as found, in (0, 1].

    Returns:
        One entry per class.

    Raises:
        ValueError: the edges do not ascend from above 0, or the threshold is out of range.
    """
    edges = np.array([0.0, *edges_px, np.inf])
    if np.any(np.diff(edges) <= 0):
        raise ValueError(
            f"edges_px must ascend from above 0, but got {list(edges_px)}: sort them and drop "
            f"repeated ones."
        )
    matched = match(table, threshold=threshold)
    found = np.isin(np.arange(len(table.true_px)), table.true_index[matched])
    right = np.isin(np.arange(len(table.predicted_px)), table.predicted_index[matched])
    columns = (
        edges[:-1],
        edges[1:],
        _histogram(table.true_px[found], edges),
        _histogram(table.predicted_px[~right], edges),
        _histogram(table.true_px[~found], edges),
    )
    return tuple(
        SizeCounts(
            min_diameter_px=float(low),
            max_diameter_px=float(high),
            true_positives=int(tp),
            false_positives=int(fp),
            false_negatives=int(fn),
        )
        for low, high, tp, fp, fn in zip(*columns, strict=True)
    )


def _histogram(area_px: np.ndarray, edges_px: np.ndarray) -> np.ndarray:
    diameter_px = np.sqrt(4 / np.pi * area_px)
    classes = np.searchsorted(edges_px, diameter_px, side="right") - 1
    return np.bincount(classes, minlength=len(edges_px) - 1)
