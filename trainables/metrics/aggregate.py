"""Scores of a whole data set, from the scores of its images."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from trainables.metrics.conventions import (
    cellpose_average_precision,
    cellpose_error_rate,
    neurips_score,
    stardist_dataset_by_image,
    stardist_dataset_pooled,
)
from trainables.metrics.quantities import Quantities, quantities
from trainables.result import Counts, ImageScore, SizeCounts


def summarise(scores: Sequence[ImageScore]) -> dict[str, float]:
    """Every score of a data set by its name, the conventions side by side; NaN for no image.

    A name says whose convention it is, the metric, how images are put together and the IoU, as in
    `neurips_f1_median@0.5`; names without a convention are the study's own, means over images.
    """
    return {
        **_own(mean_quantities(scores)),
        "average_precision@0.5:0.95": mean_average_precision(scores),
        **{
            name: mean_median(getattr(score, name) for score in scores).mean
            for name in ("aji", "aji_plus", "dice", "splits", "merges")
        },
        "count_error": mean_count_error(scores),
        "count_error_absolute": mean_absolute_count_error(scores),
        **_conventions(scores),
    }


def _own(means: Quantities) -> dict[str, float]:
    return {f"{name}@0.5": value for name, value in dataclasses.asdict(means).items()}


def _conventions(scores: Sequence[ImageScore]) -> dict[str, float]:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanMedian:
    """Mean and median over images; both NaN for no image."""

    mean: float
    median: float


def mean_median(values: Iterable[float]) -> MeanMedian:
    """Mean and median of values of one per image."""
    array = np.array(list(values), dtype=np.float64)
    if not array.size:
        return MeanMedian(mean=math.nan, median=math.nan)
    return MeanMedian(mean=float(array.mean()), median=float(np.median(array)))


def at(counts: Sequence[Counts], threshold: float) -> Counts:
    """The counts at one of the thresholds of an image.

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


def mean_quantities(scores: Sequence[ImageScore], *, threshold: float = 0.5) -> Quantities:
    """The mean over images of each quantity, the study's own convention: two empty images get 1.

    Returns:
        The means; NaN for no image.
    """
    images = [quantities(at(score.counts, threshold)) for score in scores]
    return Quantities(
        **{
            field.name: mean_median(getattr(image, field.name) for image in images).mean
            for field in dataclasses.fields(Quantities)
        }
    )


def mean_average_precision(scores: Sequence[ImageScore]) -> float:
    """AP averaged over IoUs 0.50, 0.55 ... 0.95 and then over images; NaN for no image.

    The score of the Data Science Bowl 2018. Two empty images get 1.
    """
    return mean_median(
        mean_median(quantities(counts).average_precision for counts in score.counts).mean
        for score in scores
    ).mean


def neurips_f1(scores: Sequence[ImageScore], *, threshold: float = 0.5) -> MeanMedian:
    """Mean and median F1 as NeurIPS 2022 prints them: without border cells, rounded per image."""
    return mean_median(
        neurips_score(at(score.counts_without_border, threshold)).f1 for score in scores
    )


def stardist_pooled(scores: Sequence[ImageScore], *, threshold: float = 0.5) -> Quantities:
    """As `stardist.matching.matching_dataset` prints it; all NaN for no image."""
    if not scores:
        return mean_quantities(scores)
    return stardist_dataset_pooled([at(score.counts, threshold) for score in scores])


def stardist_by_image(scores: Sequence[ImageScore], *, threshold: float = 0.5) -> Quantities:
    """As `matching_dataset(by_image=True)` prints it; all NaN for no image."""
    if not scores:
        return mean_quantities(scores)
    return stardist_dataset_by_image([at(score.counts, threshold) for score in scores])


def cellpose_mean_ap(scores: Sequence[ImageScore], *, threshold: float = 0.5) -> float:
    """Mean over images of Cellpose's average precision; NaN for no image.

    Upstream gives one number per image; the mean is taken here in double precision.
    """
    return mean_median(
        cellpose_average_precision(at(score.counts, threshold)) for score in scores
    ).mean


def cellpose_mean_error_rate(scores: Sequence[ImageScore]) -> float:
    """Mean over images of (FP + FN) / (TP + FN) at IoU 0.5; NaN for no image."""
    return mean_median(cellpose_error_rate(at(score.counts, 0.5)) for score in scores).mean


def mean_count_error(scores: Sequence[ImageScore]) -> float:
    """Mean over images of predicted minus true number of cells; above 0 where too many."""
    return mean_median(score.count_error for score in scores).mean


def mean_absolute_count_error(scores: Sequence[ImageScore]) -> float:
    """Mean over images of the absolute difference of predicted and true number of cells."""
    return mean_median(abs(score.count_error) for score in scores).mean


def by_group(
    scores: Sequence[ImageScore], statistic: Callable[[Sequence[ImageScore]], float]
) -> dict[str, float]:
    """A statistic of each group's images, groups in alphabetical order.

    Args:
        scores: of any images.
        statistic: any function of this file that returns one number.
    """
    groups: dict[str, list[ImageScore]] = {}
    for score in scores:
        groups.setdefault(score.group, []).append(score)
    return {group: statistic(groups[group]) for group in sorted(groups)}


def pool_sizes(scores: Sequence[ImageScore]) -> tuple[SizeCounts, ...]:
    """Counts per class of cell size, cells of all images in one pot; empty for no image.

    Raises:
        ValueError: the images were scored with different classes.
    """
    classes = {
        tuple((size.min_diameter_px, size.max_diameter_px) for size in score.by_size)
        for score in scores
    }
    if len(classes) > 1:
        raise ValueError(
            f"Images to pool must have the same classes of size, but got {sorted(classes)}: score "
            f"them with the same diameters."
        )
    pooled = zip(*(score.by_size for score in scores), strict=True)
    return tuple(_add_sizes(sizes) for sizes in pooled)


def _add_sizes(sizes: Sequence[SizeCounts]) -> SizeCounts:
    return dataclasses.replace(
        sizes[0],
        true_positives=sum(size.true_positives for size in sizes),
        false_positives=sum(size.false_positives for size in sizes),
        false_negatives=sum(size.false_negatives for size in sizes),
    )
