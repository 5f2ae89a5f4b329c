"""The quantities that follow from found, invented and missed cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainables.results.image_score import Counts
from trainables.results.score_table import CountsOfImages

Score = Any
"""A float; of `CountsOfImages`, float64 [N] with one for each image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantities:
    """Scores of one image, or of several together, at one IoU threshold; each in [0, 1]."""

    precision: Score
    """TP / (TP + FP): share of the predicted cells that are right."""
    recall: Score
    """TP / (TP + FN): share of the true cells that were found."""
    f1: Score
    """2 TP / (2 TP + FP + FN)."""
    average_precision: Score
    """TP / (TP + FP + FN); StarDist's accuracy, Kaggle's score. Not the AP of COCO."""
    panoptic_quality: Score
    """Sum of matched IoUs / (TP + FP / 2 + FN / 2)."""
    mean_matched_score: Score
    """Sum of matched IoUs / TP: how well the found cells are outlined."""
    mean_true_score: Score
    """Sum of matched IoUs / (TP + FN): the same over all true cells, 0 for a missed one."""


def quantities(counts: Counts | CountsOfImages, *, both_empty: float = 1.0) -> Quantities:
    """All quantities at one threshold, of one image or of each of many.

    Args:
        counts: of the image or images.
        both_empty: value of every quantity where there is neither a true nor a predicted cell.
            It was right to find nothing, hence 1; the conventions of others differ.

    Returns:
        The quantities; 0 where nothing was found although there is a true or a predicted cell.

    Source: Kirillov et al. 2019 (panoptic quality); Caicedo et al. 2019; stardist.matching.
    """
    found = counts.true_positives
    predicted = found + counts.false_positives
    true = found + counts.false_negatives
    some = true + predicted > 0

    def share(part: Score, whole: Score) -> Score:
        # Where a whole is 0 nothing can have been found, and any other whole gives the same 0.
        # The empty index makes a number of an array without dimensions.
        return np.where(some, part / np.maximum(1, whole), both_empty)[()]

    return Quantities(
        precision=share(found, predicted),
        recall=share(found, true),
        f1=share(2 * found, true + predicted),
        average_precision=share(found, true + predicted - found),
        panoptic_quality=share(2 * counts.matched_iou, true + predicted),
        mean_matched_score=share(counts.matched_iou, found),
        mean_true_score=share(counts.matched_iou, true),
    )


def pool(counts: Sequence[Counts]) -> Counts:
    """The counts of several images at one threshold, added up.

    Raises:
        ValueError: no counts are given, or their thresholds differ.
    """
    thresholds = {image.threshold for image in counts}
    if len(thresholds) != 1:
        raise ValueError(
            f"Counts to pool must share one threshold, but got {sorted(thresholds)}: choose the "
            f"counts of one threshold and at least one image."
        )
    return Counts(
        threshold=counts[0].threshold,
        true_positives=sum(image.true_positives for image in counts),
        false_positives=sum(image.false_positives for image in counts),
        false_negatives=sum(image.false_negatives for image in counts),
        matched_iou=sum(image.matched_iou for image in counts),
    )
