"""Which cells of a prediction are right, and what kind of mistake the others are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainables.metrics.contingency import Contingency, tabulate
from trainables.metrics.matching import match
from trainables.metrics.regions import PART_IOU
from trainables.metrics.unknown import without_unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistakes:
    """Labels of the cells by outcome; each cell has exactly one.

    Splits and merges are found first (Caicedo et al. 2019), so the pieces of a split cell do not
    count as invented, nor the cells of a merged one as missed.
    """

    found: np.ndarray
    """int32 [K], predicted cells that match a true one at IoU 0.5."""
    missed: np.ndarray
    """int32 [K], true cells without a match."""
    invented: np.ndarray
    """int32 [K], predicted cells without a match."""
    split: np.ndarray
    """int32 [K], true cells that were cut into several."""
    merged: np.ndarray
    """int32 [K], predicted cells that cover several true ones."""


def mistakes(true: np.ndarray, predicted: np.ndarray) -> Mistakes:
    """Sorts the cells of one image by outcome.

    Args:
        true: int32 [H, W]; 0 background, positive values cells, -1 unknown.
        predicted: int32 [H, W], same shape.

    Raises:
        ValueError: the shapes differ.
    """
    table = tabulate(*without_unknown(true, predicted))
    matched = match(table, threshold=0.5)
    cut, pieces = _several(table, table.true_index, table.predicted_index)
    melted, swallowed = _several(table, table.predicted_index, table.true_index)
    found = set(table.predicted_index[matched].tolist()) - melted - pieces
    known = set(table.true_index[matched].tolist()) | cut | swallowed
    predicted_cells = set(range(len(table.predicted_labels)))
    return Mistakes(
        found=_labels(table.predicted_labels, found),
        missed=_labels(table.true_labels, set(range(len(table.true_labels))) - known),
        invented=_labels(
            table.predicted_labels,
            predicted_cells - melted - pieces - set(table.predicted_index[matched].tolist()),
        ),
        split=_labels(table.true_labels, cut),
        merged=_labels(table.predicted_labels, melted),
    )


def _several(table: Contingency, cells: np.ndarray, parts: np.ndarray) -> tuple[set[int], set[int]]:
    """Cells with more than one part on the other side, and those parts."""
    overlaps = table.iou > PART_IOU
    amounts = np.bincount(cells[overlaps], minlength=cells.max(initial=0) + 1)
    inside = overlaps & (amounts[cells] > 1)
    return set(cells[inside].tolist()), set(parts[inside].tolist())


def _labels(labels: np.ndarray, places: set[int]) -> np.ndarray:
    chosen: Sequence[int] = sorted(places)
    return labels[list(chosen)].astype(np.int32)
