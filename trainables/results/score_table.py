"""The scores of many images, a column for each number, as they are stored and read.

A study has millions of such numbers, which as an object for each image and IoU would take most of
the time and the memory of a report.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainables.results.image_score import ImageScore

Raw = Mapping[str, Any]
"""What JSON holds between braces."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CountsOfImages:
    """`Counts` of N images at one IoU threshold."""

    threshold: float
    true_positives: np.ndarray
    """int32 [N], as the other two."""
    false_positives: np.ndarray
    false_negatives: np.ndarray
    matched_iou: np.ndarray
    """float64 [N]."""

    @property
    def f1(self) -> np.ndarray:
        """float64 [N]: 2 TP / (2 TP + FP + FN); 1.0 where neither side holds a cell."""
        found = 2 * self.true_positives
        total = found + self.false_positives + self.false_negatives
        return np.where(total > 0, found / np.maximum(total, 1), 1.0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SizeCountsOfImages:
    """`SizeCounts` of N images in one class of cell size."""

    min_diameter_px: float
    max_diameter_px: float
    true_positives: np.ndarray
    """int32 [N], as the other two."""
    false_positives: np.ndarray
    false_negatives: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ScoreTable:
    """`ImageScore` of N images, which were scored at the same IoUs and in the same size classes."""

    sample_ids: tuple[str, ...]
    groups: tuple[str, ...]
    counts: tuple[CountsOfImages, ...]
    """One for each IoU; empty without images, as the next two."""
    counts_without_border: tuple[CountsOfImages, ...]
    aji: np.ndarray
    """float64 [N], as the next two."""
    aji_plus: np.ndarray
    dice: np.ndarray
    true_cells: np.ndarray
    """int32 [N], as the next three."""
    predicted_cells: np.ndarray
    splits: np.ndarray
    merges: np.ndarray
    by_size: tuple[SizeCountsOfImages, ...]
    """One for each size class; empty where this was not requested."""

    def __len__(self) -> int:
        return len(self.sample_ids)

    def __eq__(self, other: object) -> bool:
        """Whether all numbers are the same; NaN is the same as NaN."""
        if not isinstance(other, ScoreTable):
            return NotImplemented
        return _same(dataclasses.astuple(self), dataclasses.astuple(other))

    @property
    def f1(self) -> np.ndarray:
        """float64 [N], instance F1 at IoU 0.5, every cell counted: what all comparisons use."""
        return self.counts[0].f1 if self.counts else np.zeros(0)

    @property
    def count_error(self) -> np.ndarray:
        """int32 [N], predicted minus true number of cells."""
        return self.predicted_cells - self.true_cells


def score_table(scores: Iterable[ImageScore] = ()) -> ScoreTable:
    """The table of images scored one by one.

    Raises:
        ValueError: they were scored at different IoUs or in different classes of size.
    """
    return from_rows([dataclasses.asdict(score) for score in scores])


def to_json_columns(scores: ScoreTable) -> str:
    """The table as JSON text: an object with a list for each column."""
    return json.dumps(dataclasses.asdict(scores), default=np.ndarray.tolist)


def from_columns(raw: Raw) -> ScoreTable:
    """Reads what `to_json_columns` wrote, parsed.

    Raises:
        ValueError: the columns differ in length, a number of cells is not whole, or images
            were scored at no IoU.
        KeyError: a column is missing.
    """
    length = len(raw["sample_ids"])
    if length and not raw["counts"]:
        raise ValueError("counts of images must hold at least one IoU, but are empty.")
    return ScoreTable(
        sample_ids=_names(raw, "sample_ids", length),
        groups=_names(raw, "groups", length),
        counts=_each_counts(raw["counts"], length),
        counts_without_border=_each_counts(raw["counts_without_border"], length),
        by_size=tuple(
            SizeCountsOfImages(
                min_diameter_px=one["min_diameter_px"],
                max_diameter_px=one["max_diameter_px"],
                **{name: _whole(one, name, length) for name in _KINDS},
            )
            for one in raw["by_size"]
        ),
        **{name: _decimals(raw, name, length) for name in ("aji", "aji_plus", "dice")},
        **{
            name: _whole(raw, name, length)
            for name in ("true_cells", "predicted_cells", "splits", "merges")
        },
    )


def from_rows(rows: Sequence[Raw]) -> ScoreTable:
    """Reads a list of images, as results of schema version 1 hold it.

    Raises:
        ValueError: they were scored at different IoUs or in different classes of size.
    """
    names = {field.name: field.name for field in dataclasses.fields(ImageScore)}
    names |= {"sample_id": "sample_ids", "group": "groups"}
    columns: dict[str, Any] = {
        column: [row[name] for row in rows] for name, column in names.items() if name not in _NESTED
    }
    # Results from before the breakdown by size of cell do not have it.
    complete = [{"by_size": (), **row} for row in rows]
    for name, same in _NESTED.items():
        columns[name] = _by_entry([row[name] for row in complete], same=same)
    return from_columns(columns)


_KINDS = ("true_positives", "false_positives", "false_negatives")
_NESTED = {
    "counts": ("threshold",),
    "counts_without_border": ("threshold",),
    "by_size": ("min_diameter_px", "max_diameter_px"),
}
"""The columns in which an image has several entries, and what distinguishes these."""


def _same(one: object, other: object) -> bool:
    """Whether two columns, or tuples of them, hold the same values; NaN is the same as NaN."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def _by_entry(images: Sequence[Sequence[Raw]], *, same: tuple[str, ...]) -> list[dict[str, Any]]:
    """From the entries of each image to the images of each entry."""
    kinds = {tuple(tuple(entry[name] for name in same) for entry in image) for image in images}
    if len(kinds) > 1:
        raise ValueError(
            f"All images of a result must be scored at the same {' and '.join(same)}, but got "
            f"{sorted(kinds)}: score them alike."
        )
    return [
        {name: [entry[name] for entry in entries] for name in entries[0]}
        | {name: entries[0][name] for name in same}
        for entries in zip(*images, strict=True)
    ]


def _each_counts(entries: Sequence[Raw], length: int) -> tuple[CountsOfImages, ...]:
    return tuple(
        CountsOfImages(
            threshold=one["threshold"],
            matched_iou=_decimals(one, "matched_iou", length),
            **{name: _whole(one, name, length) for name in _KINDS},
        )
        for one in entries
    )


def _names(raw: Raw, column: str, length: int) -> tuple[str, ...]:
    # Every result of a study names the same images: each name is kept once.
    names = tuple(map(sys.intern, raw[column]))
    _checked_length(column, len(names), length)
    return names


def _whole(raw: Raw, column: str, length: int) -> np.ndarray:
    found = np.array(raw[column])
    _checked_length(column, len(found), length)
    if length and found.dtype.kind != "i":
        raise ValueError(
            f"{column} of images must be whole numbers, but one is a fraction or not a number."
        )
    return found.astype(np.int32)


def _decimals(raw: Raw, column: str, length: int) -> np.ndarray:
    found = np.array(raw[column], dtype=np.float64)
    _checked_length(column, len(found), length)
    return found


def _checked_length(column: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise ValueError(f"{column} must have a value for each of {wanted} images, not {found}.")
