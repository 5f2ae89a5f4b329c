"""The score of one image: everything that is kept about a prediction."""

from collections.abc import Sequence

import numpy as np

from trainables.metrics.border import count_without_border
from trainables.metrics.contingency import tabulate
from trainables.metrics.matching import count
from trainables.metrics.regions import (
    aggregated_jaccard_index,
    aggregated_jaccard_index_plus,
    dice,
    merges,
    splits,
)
from trainables.metrics.sizes import count_by_size
from trainables.metrics.unknown import without_unknown
from trainables.results.image_score import ImageScore

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""IoUs of `ImageScore.counts`."""
BORDER_THRESHOLDS = (0.5, 0.7, 0.9)
"""IoUs of `ImageScore.counts_without_border`, those of the NeurIPS 2022 paper."""


def score_image(
    true: np.ndarray,
    predicted: np.ndarray,
    *,
    sample_id: str,
    group: str,
    size_edges_px: Sequence[float] = (),
) -> ImageScore:
    """How well predicted labels agree with the true ones, by every metric of the study.

    Args:
        true: int32 [H, W]; 0 background, positive values cells, -1 unknown. Unknown pixels count
            for neither side, and a predicted cell that lies more than half in them is dropped.
        predicted: int32 [H, W]; 0 background, positive values cells.
        sample_id: of the image.
        group: of the image.
        size_edges_px: cell diameters that part the classes of `ImageScore.by_size`, ascending, in
            pixels; empty for no such breakdown.

    Raises:
        ValueError: the shapes differ, the labels are no such integers, or the edges do not
            ascend.
    """
    true, predicted = without_unknown(true, predicted)
    table = tabulate(true, predicted)
    return ImageScore(
        sample_id=sample_id,
        group=group,
        counts=count(table, THRESHOLDS),
        counts_without_border=count_without_border(
            true, predicted, table=table, thresholds=BORDER_THRESHOLDS
        ),
        aji=aggregated_jaccard_index(table),
        aji_plus=aggregated_jaccard_index_plus(table),
        dice=dice(table),
        true_cells=len(table.true_labels),
        predicted_cells=len(table.predicted_labels),
        splits=splits(table),
        merges=merges(table),
        by_size=count_by_size(table, edges_px=size_edges_px) if len(size_edges_px) else (),
    )


def f1(true: np.ndarray, predicted: np.ndarray, *, threshold: float = 0.5) -> float:
    """Instance F1 of one image, and nothing else: for validation and the tuning of thresholds.

    Args:
        true: int32 [H, W]; 0 background, positive values cells, -1 unknown (see `score_image`).
        predicted: int32 [H, W]; 0 background, positive values cells.
        threshold: smallest IoU that counts as found, in (0, 1].

    Returns:
        2 TP / (2 TP + FP + FN), in [0, 1]; 1.0 when neither image holds a cell.

    Raises:
        ValueError: the shapes differ, the labels are no such integers, or the threshold is out
            of range.
    """
    (counts,) = count(tabulate(*without_unknown(true, predicted)), (threshold,))
    return counts.f1
