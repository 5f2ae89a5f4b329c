"""The scores as three other programs print them: StarDist, Cellpose and the NeurIPS 2022 challenge.

Each equals the upstream function bit for bit, except where upstream is undefined or wrong; these
places are named in the docstrings and held by tests.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainables.metrics.quantities import Quantities, pool, quantities
from trainables.result import Counts

NEURIPS_DECIMALS = 4


def stardist_matching(counts: Counts) -> Quantities:
    """What `stardist.matching.matching` returns for one image (its `accuracy` is our AP).

    Two empty images get 0, and the mean true score is in single precision, as upstream (whose
    panoptic quality and mean matched score are single too before numpy 2.4).

    Differs from upstream: StarDist compares IoUs with the threshold in single precision, so that
    an IoU below the threshold by less than 3e-8, possible only for cells of over a million
    pixels, is found there and not here. Where, at a threshold of at most 0.5, several pairings
    are equally good, either may sum the IoUs in another order, to another last bit.
    """
    result = quantities(counts, both_empty=0.0)
    return dataclasses.replace(result, mean_true_score=float(np.float32(result.mean_true_score)))


def stardist_dataset_pooled(counts: Sequence[Counts]) -> Quantities:
    """What `stardist.matching.matching_dataset` returns: cells of all images in one pot."""
    summed = np.float32(0)
    for image in counts:
        true = image.true_positives + image.false_negatives
        # Upstream goes by way of the mean over the true cells, and rounds on the way.
        summed += np.float32(stardist_matching(image).mean_true_score) * np.float32(true)
    pooled = dataclasses.replace(pool(counts), matched_iou=float(summed))
    return stardist_matching(pooled)


def stardist_dataset_by_image(counts: Sequence[Counts]) -> Quantities:
    """What `matching_dataset(by_image=True)` returns: the mean over images, empty ones as 0."""
    images = [stardist_matching(image) for image in counts]
    means = {
        field.name: _mean(
            [getattr(image, field.name) for image in images],
            dtype=np.float32 if field.name == "mean_true_score" else np.float64,
        )
        for field in dataclasses.fields(Quantities)
    }
    return Quantities(**means)


def _mean(values: Sequence[float], *, dtype: type[np.floating]) -> float:
    # One after the other and in this precision, as Python's sum over upstream's scalars does;
    # np.sum adds in pairs.
    total = dtype(0)
    for value in values:
        total += dtype(value)
    return float(total / dtype(len(values)))


def cellpose_average_precision(counts: Counts) -> float:
    """What `cellpose.metrics.average_precision` returns for one image, in single precision.

    Differs from upstream: two empty images are NaN there and 1.0 here. Upstream takes the number
    of cells to be one less than the number of values, so that an image without a background
    pixel loses a cell; here it does not.
    """
    return float(np.float32(quantities(counts).average_precision))


def cellpose_error_rate(counts: Counts) -> float:
    """(FP + FN) / (TP + FN), the error rate of the Cellpose-SAM paper; may exceed 1.

    Returns:
        At least 0; infinite where there is no true cell but a predicted one. Two empty images are
        NaN upstream and 0.0 here.
    """
    errors = counts.false_positives + counts.false_negatives
    true = counts.true_positives + counts.false_negatives
    if not true:
        return float("inf") if errors else 0.0
    return errors / true


@dataclass(frozen=True, kw_only=True, slots=True)
class NeuripsScore:
    """One row of the challenge's table, rounded to 4 decimals."""

    precision: float
    recall: float
    f1: float


def neurips_score(counts: Counts) -> NeuripsScore:
    """What the challenge's `compute_metric.py` writes for one image, rounded as it rounds.

    Two empty images get 0, as upstream.

    Args:
        counts: with the cells at the border dropped (`ImageScore.counts_without_border`).

    Differs from upstream: where nothing is predicted, upstream's table says 0 missed cells, and
    its tiles lose theirs; the counts here are right, and F1 is 0 in both. In images of at most 4
    pixels a side without background, upstream forgets to drop the cell with the smallest label.
    """
    found = counts.true_positives
    if not found:
        return NeuripsScore(precision=0.0, recall=0.0, f1=0.0)
    precision = found / (found + counts.false_positives)
    recall = found / (found + counts.false_negatives)
    f1 = 2 * (precision * recall) / (precision + recall)
    return NeuripsScore(
        precision=_round(precision),
        recall=_round(recall),
        f1=_round(f1),
    )


def _round(value: float) -> float:
    # numpy's rounding, which multiplies first, differs from Python's in the last decimal
    return float(np.round(value, NEURIPS_DECIMALS))
