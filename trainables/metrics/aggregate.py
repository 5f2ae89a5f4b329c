"""Scores of a whole data set, from the scores of its images."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from trainables.metrics.conventions import (
    cellpose_average_precision,
    cellpose_error_rate,
    neurips_score,
    stardist_dataset_by_image,
    stardist_dataset_pooled,
)
from trainables.metrics.quantities import Quantities, quantities
from trainables.results.image_score import Counts, SizeCounts
from trainables.results.score_table import CountsOfImages, ScoreTable, SizeCountsOfImages


def summarise(scores: ScoreTable) -> dict[str, float]:
    """Every score of a data set by its name, the conventions side by side; NaN for no image.

    A name says whose convention it is, the metric, how images are aggregated and the IoU, as in
    `neurips_f1_median@0.5`; names without a convention are the study's own, means over images.
    """
    return {
        **_own(mean_quantities(scores)),
        "average_precision@0.5:0.95": mean_average_precision(scores),
        **{
            name: mean(getattr(scores, name))
            for name in ("aji", "aji_plus", "dice", "splits", "merges")
        },
        "count_error": mean_count_error(scores),
        "count_error_absolute": mean_absolute_count_error(scores),
        **_conventions(scores),
    }


def _own(means: Quantities) -> dict[str, float]:
    return {f"{name}@0.5": value for name, value in dataclasses.asdict(means).items()}


def _conventions(scores: ScoreTable) -> dict[str, float]:
    neurips = neurips_f1(scores)
    pooled, by_image = stardist_pooled(scores), stardist_by_image(scores)
    return {
        "neurips_f1_mean@0.5": neurips.mean,
        "neurips_f1_median@0.5": neurips.median,
        "stardist_f1_pooled@0.5": pooled.f1,
        "stardist_f1_by_image@0.5": by_image.f1,
        "stardist_accuracy_pooled@0.5": pooled.average_precision,
        "stardist_accuracy_by_image@0.5": by_image.average_precision,
        "stardist_panoptic_quality_pooled@0.5": pooled.panoptic_quality,
        "stardist_panoptic_quality_by_image@0.5": by_image.panoptic_quality,
        "cellpose_ap_mean@0.5": cellpose_mean_ap(scores),
        "cellpose_ap_mean@0.75": cellpose_mean_ap(scores, threshold=0.75),
        "cellpose_ap_mean@0.9": cellpose_mean_ap(scores, threshold=0.9),
        "cellpose_error_rate_mean@0.5": cellpose_mean_error_rate(scores),
    }


def mean(values: Sequence[float] | np.ndarray) -> float:
    """Mean of one value per image; NaN for no image."""
    return float(np.asarray(values, dtype=np.float64).mean()) if len(values) else math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanMedian:
    """Mean and median over images; both NaN for no image."""

    mean: float
    median: float


def mean_median(values: Sequence[float] | np.ndarray) -> MeanMedian:
    """Mean and median of one value per image."""
    if not len(values):
        return MeanMedian(mean=math.nan, median=math.nan)
    return MeanMedian(mean=mean(values), median=float(np.median(values)))


AnyCounts = TypeVar("AnyCounts", Counts, CountsOfImages)


def at(counts: Sequence[AnyCounts], threshold: float) -> AnyCounts:
    """The counts at one of the thresholds of an image, or of many.

    Raises:
        ValueError: the image was not scored at this threshold.
    """
    for entry in counts:
        if math.isclose(entry.threshold, threshold, rel_tol=0, abs_tol=1e-9):
            return entry
    raise ValueError(
        f"threshold must be one of {[entry.threshold for entry in counts]}, at which the image "
        f"was scored, but got {threshold}."
    )


def mean_quantities(scores: ScoreTable, *, threshold: float = 0.5) -> Quantities:
    """The mean over images of each quantity, the study's own convention: two empty images get 1.

    Returns:
        The means; NaN for no image.
    """
    names = [field.name for field in dataclasses.fields(Quantities)]
    if not scores:
        return Quantities(**dict.fromkeys(names, math.nan))
    images = quantities(at(scores.counts, threshold))
    return Quantities(**{name: mean(getattr(images, name)) for name in names})


def mean_average_precision(scores: ScoreTable) -> float:
    """AP averaged over IoUs 0.50, 0.55 ... 0.95 and then over images; NaN for no image.

    The score of the Data Science Bowl 2018. Two empty images get 1.
    """
    if not scores:
        return math.nan
    each = [quantities(counts).average_precision for counts in scores.counts]
    return mean(np.stack(each, axis=1).mean(axis=1))  # [N, IoUs] -> [N]


def neurips_f1(scores: ScoreTable, *, threshold: float = 0.5) -> MeanMedian:
    """Mean and median F1 as NeurIPS 2022 prints them: without border cells, rounded per image."""
    if not scores:
        return mean_median([])
    return mean_median(neurips_score(at(scores.counts_without_border, threshold)).f1)


def stardist_pooled(scores: ScoreTable, *, threshold: float = 0.5) -> Quantities:
    """As `stardist.matching.matching_dataset` prints it; all NaN for no image."""
    if not scores:
        return mean_quantities(scores)
    return stardist_dataset_pooled(at(scores.counts, threshold))


def stardist_by_image(scores: ScoreTable, *, threshold: float = 0.5) -> Quantities:
    """As `matching_dataset(by_image=True)` prints it; all NaN for no image."""
    if not scores:
        return mean_quantities(scores)
    return stardist_dataset_by_image(at(scores.counts, threshold))


def cellpose_mean_ap(scores: ScoreTable, *, threshold: float = 0.5) -> float:
    """Mean over images of Cellpose's average precision; NaN for no image.

    Upstream gives one number per image; the mean is taken here in double precision.
    """
    if not scores:
        return math.nan
    return mean(cellpose_average_precision(at(scores.counts, threshold)))


def cellpose_mean_error_rate(scores: ScoreTable) -> float:
    """Mean over images of (FP + FN) / (TP + FN) at IoU 0.5; NaN for no image."""
    if not scores:
        return math.nan
    return mean(cellpose_error_rate(at(scores.counts, 0.5)))


def mean_count_error(scores: ScoreTable) -> float:
    """Mean over images of predicted minus true number of cells; positive for too many."""
    return mean(scores.count_error)


def mean_absolute_count_error(scores: ScoreTable) -> float:
    """Mean over images of the absolute difference of predicted and true number of cells."""
    return mean(abs(scores.count_error))


def mean_by_group(groups: Sequence[str], values: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Mean over each group's images, groups in alphabetical order.

    Args:
        groups: of the images.
        values: one for each image.
    """
    inside: dict[str, list[float]] = {}
    for group, value in zip(groups, values, strict=True):
        inside.setdefault(group, []).append(value)
    return {group: mean(inside[group]) for group in sorted(inside)}


def pool_sizes(tables: Sequence[ScoreTable]) -> tuple[SizeCounts, ...]:
    """Counts per class of cell size, pooled over the cells of all images; empty for no image.

    Raises:
        ValueError: the images were scored with different classes.
    """
    scored = [table.by_size for table in tables if len(table)]
    classes = {
        tuple((size.min_diameter_px, size.max_diameter_px) for size in sizes) for sizes in scored
    }
    if len(classes) > 1:
        raise ValueError(
            f"Images to pool must have the same classes of size, but got {sorted(classes)}: score "
            f"them with the same diameters."
        )
    return tuple(_add_sizes(sizes) for sizes in zip(*scored, strict=True))


def _add_sizes(sizes: Sequence[SizeCountsOfImages]) -> SizeCounts:
    return SizeCounts(
        min_diameter_px=sizes[0].min_diameter_px,
        max_diameter_px=sizes[0].max_diameter_px,
        true_positives=sum(int(size.true_positives.sum()) for size in sizes),
        false_positives=sum(int(size.false_positives.sum()) for size in sizes),
        false_negatives=sum(int(size.false_negatives.sum()) for size in sizes),
    )
