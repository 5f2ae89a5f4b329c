"""The same test scores seen closer: by convention, by size of cell, by group of images."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from reports import words
from reports.columns import Row, Table, column
from reports.load import Study, scored_on_test
from trainables.metrics.aggregate import mean, mean_by_group, pool_sizes, summarise
from trainables.results.image_score import SizeCounts
from trainables.results.result import TrialResult
from trainables.results.score_table import ScoreTable

MOST_GROUPS = 12
"""Groups that are shown, the hardest first; the CSV has all."""
CONVENTIONS = {
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


def breakdown_tables(study: Study, groups: Sequence[Row], *, count: int) -> list[Table]:
    """All tables of this file, at one annotation count; those without rows are not shown.

    Args:
        study: the study.
        groups: what `group_rows` says of it.
        count: of annotated images.
    """
    return [
        conventions_table(study, count=count),
        sizes_table(study, count=count),
        groups_table(study, groups),
    ]


def conventions_table(study: Study, *, count: int) -> Table:
    """Every arm's test score as three other programs print it, mean over trainings."""
    return Table(
        name="conventions",
        rows=[
            {"arm": arm.name} | _mean_summary(done)
            for arm in study.arms
            if (done := scored_on_test(study, arm.name, count=count))
        ],
        columns=[column(label, name, words.score) for name, label in CONVENTIONS.items()],
    )


def sizes_table(study: Study, *, count: int) -> Table:
    """F1 at IoU 0.5 in each class of cell size, the cells of all test images in one pot."""
    classes = {
        arm.name: pool_sizes([one.test for one in scored_on_test(study, arm.name, count=count)])
        for arm in study.arms
    }
    first: Sequence[SizeCounts] = next(filter(None, classes.values()), ())
    return Table(
        name="cell_sizes",
        rows=[_size_row(name, found) for name, found in classes.items() if found],
        columns=[
            column(_class_label(size), f"f1_{place}", words.score)
            for place, size in enumerate(first)
        ],
    )


def groups_table(study: Study, rows: Sequence[Row]) -> Table:
    """Mean F1 at IoU 0.5 of every arm on the groups of test images, the hardest first."""
    arms = [arm for arm in study.arms if rows and arm.name in rows[0]]
    return Table(
        name="groups",
        rows=rows[:MOST_GROUPS],
        columns=[
            column("images", "images"),
            *(column(words.arm_title(arm), arm.name, words.score) for arm in arms),
        ],
    )


def group_rows(study: Study, *, count: int) -> list[Row]:
    """One row a group of test images, for CSV; none where every image is a group of its own."""
    tables = {
        arm.name: [one.test for one in done]
        for arm in study.arms
        if (done := scored_on_test(study, arm.name, count=count))
    }
    members: dict[str, set[str]] = {}
    for table in itertools.chain(*tables.values()):
        for group, sample_id in zip(table.groups, table.sample_ids, strict=True):
            members.setdefault(group, set()).add(sample_id)
    if len(members) < 2 or all(len(images) == 1 for images in members.values()):
        return []
    f1_of = {name: _by_group(scored) for name, scored in tables.items()}
    rows = [
        {"group": group, "images": len(images)}
        | {name: f1.get(group, math.nan) for name, f1 in f1_of.items()}
        for group, images in members.items()
    ]
    return sorted(rows, key=lambda row: (mean([row[name] for name in tables]), row["group"]))


def _mean_summary(results: Sequence[TrialResult]) -> dict[str, float]:
    each = [summarise(result.test) for result in results]
    return {name: mean([one[name] for one in each]) for name in each[0]}


def _by_group(tables: Sequence[ScoreTable]) -> dict[str, float]:
    groups = [group for table in tables for group in table.groups]
    return mean_by_group(groups, np.concatenate([table.f1 for table in tables]))


def _size_row(arm: str, classes: Sequence[SizeCounts]) -> Row:
    row: dict[str, str | float] = {"arm": arm}
    for place, size in enumerate(classes):
        found, invented, missed = size.true_positives, size.false_positives, size.false_negatives
        row |= {
            f"from_px_{place}": size.min_diameter_px,
            f"f1_{place}": _ratio(2 * found, 2 * found + invented + missed),
            f"recall_{place}": _ratio(found, found + missed),
            f"precision_{place}": _ratio(found, found + invented),
            f"true_cells_{place}": found + missed,
        }
    return row


def _class_label(size: SizeCounts) -> str:
    """`below 12.4 px`, `12.4 to 18.0 px`, `18.0 px and more`."""
    low, high = size.min_diameter_px, size.max_diameter_px
    if low == 0:
        return f"below {high:.1f} px"
    return f"{low:.1f} px and more" if math.isinf(high) else f"{low:.1f} to {high:.1f} px"


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
