"""The scores as three other programs print them: StarDist, Cellpose and the NeurIPS 2022 challenge.

Each equals the upstream function bit for bit, except where upstream is undefined or wrong; these
cases are named in the docstrings and tested. What is said of one image holds for each of many: a
function takes the counts of one or many, and returns a number or an array of numbers.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from trainables.metrics.quantities import Quantities, Score, quantities
from trainables.results.image_score import Counts
from trainables.results.score_table import CountsOfImages

NEURIPS_DECIMALS = 4


def stardist_matching(counts: Counts | CountsOfImages) -> Quantities:
    """What `stardist.matching.matching` returns for one image (its `accuracy` is our AP).

    Two empty images get 0, and the mean true score is in single precision, as upstream (whose
    panoptic quality and mean matched score are single too before numpy 2.4).

    Differs from upstream: StarDist compares IoUs with the threshold in single precision, so that
    an IoU below the threshold by less than 3e-8, possible only for cells of over a million
    pixels, is found there and not here. Where, at a threshold of at most 0.5, several pairings
    are equally good, either may sum the IoUs in another order, to another last bit.
    """
    result = quantities(counts, both_empty=0.0)
    return dataclasses.replace(result, mean_true_score=_single(result.mean_true_score))


def stardist_dataset_pooled(counts: CountsOfImages) -> Quantities:
    """What `stardist.matching.matching_dataset` returns: cells of all images pooled."""
    true = counts.true_positives + counts.false_negatives
    # Upstream computes the mean over the true cells first, which rounds.
    share: np.ndarray = stardist_matching(counts).mean_true_score.astype(np.float32)
    matched = share * true.astype(np.float32)
    pooled = Counts(
        threshold=counts.threshold,
        true_positives=int(counts.true_positives.sum()),
        false_positives=int(counts.false_positives.sum()),
        false_negatives=int(counts.false_negatives.sum()),
        matched_iou=float(_sum(matched)),
    )
    return stardist_matching(pooled)


def stardist_dataset_by_image(counts: CountsOfImages) -> Quantities:
    """What `matching_dataset(by_image=True)` returns: the mean over images, empty ones as 0."""
    images = stardist_matching(counts)
    means = {
        field.name: _mean(
            getattr(images, field.name),
            dtype=np.float32 if field.name == "mean_true_score" else np.float64,
        )
        for field in dataclasses.fields(Quantities)
    }
    return Quantities(**means)


def _mean(values: np.ndarray, *, dtype: type[np.floating]) -> float:
    return float(_sum(values.astype(dtype)) / dtype(len(values)))


def _sum(values: np.ndarray) -> np.floating:
    # One after the other and in their own precision, as Python's sum over upstream's scalars
    # does; np.sum adds in pairs.
    total: np.floating = np.add.accumulate(values)[-1]
    return total


def _single(value: Score) -> Score:
    """Rounded to single precision."""
    return np.float64(np.float32(value))


def cellpose_average_precision(counts: Counts | CountsOfImages) -> Score:
    """What `cellpose.metrics.average_precision` returns for one image, in single precision.

    Differs from upstream: two empty images are NaN there and 1.0 here. Upstream takes the number
    of cells to be one less than the number of values, so that an image without a background
    pixel loses a cell; here it does not.
    """
    return _single(quantities(counts).average_precision)


def cellpose_error_rate(counts: Counts | CountsOfImages) -> Score:
    """(FP + FN) / (TP + FN), the error rate of the Cellpose-SAM paper; may exceed 1.

    Returns:
        At least 0; infinite where there is no true cell but a predicted one. Two empty images are
        NaN upstream and 0.0 here.
    """
    errors = counts.false_positives + counts.false_negatives
    true = counts.true_positives + counts.false_negatives
    without_cells = np.where(errors > 0, np.inf, 0.0)
    return np.where(true > 0, errors / np.maximum(1, true), without_cells)[()]


@dataclass(frozen=True, kw_only=True, slots=True)
class NeuripsScore:
    """One row of the challenge's table, rounded to 4 decimals."""

    precision: Score
    recall: Score
    f1: Score


def neurips_score(counts: Counts | CountsOfImages) -> NeuripsScore:
    """What the challenge's `compute_metric.py` writes for one image, rounded as it rounds.

    Two empty images get 0, as upstream.

    Args:
        counts: with the cells at the border dropped (`ImageScore.counts_without_border`).

    Differs from upstream: where nothing is predicted, upstream's table says 0 missed cells, and
    its tiles lose theirs; the counts here are right, and F1 is 0 in both. In images of at most 4
    pixels a side without background, upstream forgets to drop the cell with the smallest label.
    """
    found = counts.true_positives
    nothing = found == 0  # Added to a whole that may be 0, so that the share is 0.
    precision = found / (found + counts.false_positives + nothing)
    recall = found / (found + counts.false_negatives + nothing)
    f1 = 2 * (precision * recall) / (precision + recall + nothing)
    # numpy's rounding, which multiplies first, differs from Python's in the last decimal
    return NeuripsScore(
        precision=np.round(precision, NEURIPS_DECIMALS),
        recall=np.round(recall, NEURIPS_DECIMALS),
        f1=np.round(f1, NEURIPS_DECIMALS),
    )
