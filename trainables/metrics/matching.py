"""Which predicted cell is which true cell, at a given overlap."""

from collections.abc import Sequence

import numpy as np

from trainables.metrics.assignment import best_pairs
from trainables.metrics.contingency import Contingency
from trainables.results.image_score import Counts


def match(table: Contingency, *, threshold: float) -> np.ndarray:
    """Pairs every true cell with at most one predicted cell, as many as the threshold allows.

    Above an IoU of 0.5 a cell has at most one partner (Kirillov et al. 2019, theorem 1), so there
    is nothing to choose. At exactly 0.5 it may have two, its two halves, which have no other
    partner: either does, and the first is taken. Below, the assignment problem is solved: most
    pairs first, largest sum of IoUs second, over all pairs as StarDist has it.

    Args:
        table: of the two label images.
        threshold: smallest IoU that counts as found, in (0, 1].

    Returns:
        int64 [M], positions of the matched pairs in the table, ascending.

    Raises:
        ValueError: the threshold is out of range.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, an IoU, but got {threshold}.")
    iou = table.iou
    if threshold >= 0.5:
        return _unique_partners(table, np.flatnonzero(iou >= threshold))
    smaller = min(len(table.true_labels), len(table.predicted_labels))
    pairs = best_pairs(table, (iou >= threshold) + iou / (2 * max(1, smaller)))
    return pairs[iou[pairs] >= threshold]


def _unique_partners(table: Contingency, pairs: np.ndarray) -> np.ndarray:
    for cells in (table.true_index, table.predicted_index):
        _, firsts = np.unique(cells[pairs], return_index=True)
        pairs = pairs[np.sort(firsts)]
    return pairs


def count(table: Contingency, thresholds: Sequence[float]) -> tuple[Counts, ...]:
    """Found, invented and missed cells at each threshold (each in (0, 1])."""
    return tuple(_count(table, threshold) for threshold in thresholds)


def _count(table: Contingency, threshold: float) -> Counts:
    matched = match(table, threshold=threshold)
    # Single precision, in the order of the true cells: bit for bit the sum that StarDist takes.
    matched_iou = table.iou[matched].astype(np.float32).sum()
    return Counts(
        threshold=threshold,
        true_positives=len(matched),
        false_positives=len(table.predicted_labels) - len(matched),
        false_negatives=len(table.true_labels) - len(matched),
        matched_iou=float(matched_iou),
    )
