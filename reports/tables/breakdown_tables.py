"""Tables of the same test scores by convention, by size of cell, by group of images."""

import math
from collections.abc import Sequence

from reports import words
from reports.columns import Column, Columns, column, csv_column, row_head
from reports.findings.breakdown import ConventionScores, GroupScores, SizeScores
from reports.load import Study
from trainables.results.image_score import SizeCounts

MOST_GROUPS = 12
"""Groups that are shown, the hardest first; the CSV has all."""
SHOWN_CONVENTIONS = {
    "neurips_f1_mean@0.5": "NeurIPS F1, mean",
    "neurips_f1_median@0.5": "median",
    "stardist_f1_pooled@0.5": "StarDist F1, pooled",
    "stardist_f1_by_image@0.5": "by image",
    "stardist_accuracy_pooled@0.5": "accuracy, pooled",
    "cellpose_ap_mean@0.5": "Cellpose AP@0.5",
    "cellpose_ap_mean@0.75": "AP@0.75",
    "cellpose_ap_mean@0.9": "AP@0.9",
    "cellpose_error_rate_mean@0.5": "error rate",
}
"""Scores that are shown, and what their columns are called; the CSV has all."""


def conventions(found: Sequence[ConventionScores]) -> Columns[ConventionScores]:
    """A column for each score of other programs."""
    names = found[0].scores if found else ()
    return [row_head("arm", "arm", lambda one: one.arm), *map(_convention, names)]


def _convention(name: str) -> Column[ConventionScores]:
    heading = SHOWN_CONVENTIONS.get(name, "")
    return column(heading, name, lambda one: one.scores[name], words.score)


def cell_sizes(found: Sequence[SizeScores]) -> Columns[SizeScores]:
    """F1 at IoU 0.5 in each class of cell size."""
    classes = found[0].classes if found else ()
    each = [_size(place, size) for place, size in enumerate(classes)]
    return [row_head("arm", "arm", lambda one: one.arm), *(one for own in each for one in own)]


def _size(place: int, size: SizeCounts) -> Columns[SizeScores]:
    def own(scores: SizeScores) -> SizeCounts:
        return scores.classes[place]

    return [
        csv_column(f"from_px_{place}", lambda one: own(one).min_diameter_px),
        column(_class_label(size), f"f1_{place}", lambda one: _f1(own(one)), words.score),
        csv_column(f"recall_{place}", lambda one: _recall(own(one))),
        csv_column(f"precision_{place}", lambda one: _precision(own(one))),
        csv_column(f"true_cells_{place}", lambda one: _true_cells(own(one))),
    ]


def groups(study: Study, found: Sequence[GroupScores]) -> Columns[GroupScores]:
    """A column for each arm that has test scores."""
    arms = [arm for arm in study.arms if found and arm.name in found[0].f1]
    return [
        row_head("group", "group", lambda one: one.group),
        column("images", "images", lambda one: one.images),
        *(_of_arm(words.arm_title(arm), arm.name) for arm in arms),
    ]


def _of_arm(title: str, name: str) -> Column[GroupScores]:
    return column(title, name, lambda one: one.f1[name], words.score)


def _class_label(size: SizeCounts) -> str:
    """`below 12.4 px`, `12.4 to 18.0 px`, `18.0 px and more`."""
    low, high = size.min_diameter_px, size.max_diameter_px
    if low == 0:
        return f"below {high:.1f} px"
    return f"{low:.1f} px and more" if math.isinf(high) else f"{low:.1f} to {high:.1f} px"


def _f1(size: SizeCounts) -> float:
    found = 2 * size.true_positives
    return _ratio(found, found + size.false_positives + size.false_negatives)


def _recall(size: SizeCounts) -> float:
    return _ratio(size.true_positives, _true_cells(size))


def _precision(size: SizeCounts) -> float:
    return _ratio(size.true_positives, size.true_positives + size.false_positives)


def _true_cells(size: SizeCounts) -> int:
    return size.true_positives + size.false_negatives


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
