"""Scores as columns say what the scores of the images say, and come back from JSON the same."""

import dataclasses
import json
import math

import numpy as np
import pytest

from tests.reports.fake_study import image_score, with_sizes
from trainables.results.image_score import Counts, ImageScore, SizeCounts
from trainables.results.score_table import from_columns, from_rows, score_table, to_json_columns

IMAGES = [
    with_sizes(image_score("a", "well_1", f1=0.9)),
    with_sizes(dataclasses.replace(image_score("b", "well_2", f1=0.3), aji=math.nan)),
    with_sizes(image_score("c", "well_1", f1=0.0, cells=0)),
]


def stored() -> dict:
    return json.loads(to_json_columns(score_table(IMAGES)))


def test_columns_hold_what_the_images_hold() -> None:
    table = score_table(IMAGES)
    assert (table.sample_ids, table.groups) == (("a", "b", "c"), ("well_1", "well_2", "well_1"))
    assert table.f1.tolist() == [image.f1 for image in IMAGES]
    assert table.count_error.tolist() == [image.count_error for image in IMAGES]
    for entries, name in ((table.counts, "counts"), (table.by_size, "by_size")):
        for place, entry in enumerate(entries):
            for field in dataclasses.fields(entry):
                own = [getattr(getattr(image, name)[place], field.name) for image in IMAGES]
                assert np.broadcast_to(getattr(entry, field.name), 3).tolist() == own
    for name in ("aji", "aji_plus", "dice", "true_cells", "predicted_cells", "splits", "merges"):
        own = [getattr(image, name) for image in IMAGES]
        np.testing.assert_array_equal(getattr(table, name), own)


def test_columns_come_back_from_json_with_nan_and_infinity() -> None:
    table = score_table(IMAGES)
    back = from_columns(stored())
    assert back == table
    assert math.isnan(back.aji[1])
    assert math.isinf(back.by_size[-1].max_diameter_px)
    assert back != score_table(IMAGES[:2])
    assert len(back) == 3


def test_every_column_is_written_under_its_name() -> None:
    """No two columns hold the same numbers, so that none can stand for another."""
    assert json.loads(to_json_columns(score_table([hand_made(0), hand_made(100)]))) == {
        "sample_ids": ["image_0", "image_100"],
        "groups": ["well_0", "well_100"],
        "counts": [counts_column(0.5, 1), counts_column(0.55, 11)],
        "counts_without_border": [counts_column(0.7, 21)],
        "aji": [0.25, 100.25],
        "aji_plus": [0.5, 100.5],
        "dice": [0.75, 100.75],
        "true_cells": [31, 131],
        "predicted_cells": [32, 132],
        "splits": [33, 133],
        "merges": [34, 134],
        "by_size": [
            {
                "min_diameter_px": 2.0,
                "max_diameter_px": 9.0,
                "true_positives": [41, 141],
                "false_positives": [42, 142],
                "false_negatives": [43, 143],
            }
        ],
    }


def counts_column(threshold: float, first: int) -> dict[str, object]:
    """The entry of one IoU, as it is written of the images `hand_made(0)` and `hand_made(100)`."""
    return {
        "threshold": threshold,
        "true_positives": [first, first + 100],
        "false_positives": [first + 1, first + 101],
        "false_negatives": [first + 2, first + 102],
        "matched_iou": [first + 3.5, first + 103.5],
    }


def hand_made(offset: int) -> ImageScore:
    """The scores of an image, each number a different one, all of them `offset` larger."""

    def counts(threshold: float, first: int) -> Counts:
        return Counts(
            threshold=threshold,
            true_positives=first + offset,
            false_positives=first + 1 + offset,
            false_negatives=first + 2 + offset,
            matched_iou=first + 3.5 + offset,
        )

    return ImageScore(
        sample_id=f"image_{offset}",
        group=f"well_{offset}",
        counts=(counts(0.5, 1), counts(0.55, 11)),
        counts_without_border=(counts(0.7, 21),),
        aji=0.25 + offset,
        aji_plus=0.5 + offset,
        dice=0.75 + offset,
        true_cells=31 + offset,
        predicted_cells=32 + offset,
        splits=33 + offset,
        merges=34 + offset,
        by_size=(
            SizeCounts(
                min_diameter_px=2.0,
                max_diameter_px=9.0,
                true_positives=41 + offset,
                false_positives=42 + offset,
                false_negatives=43 + offset,
            ),
        ),
    )


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(ImageScore)])
def test_tables_that_differ_in_one_column_are_not_equal(name: str) -> None:
    one, other = hand_made(0), hand_made(100)
    mixed = dataclasses.replace(one, **{name: getattr(other, name)})
    assert score_table([mixed]) != score_table([one])
    assert score_table([mixed]) == score_table([mixed])


def test_no_image_is_a_table_too() -> None:
    nothing = score_table()
    assert from_columns(json.loads(to_json_columns(nothing))) == nothing
    assert not nothing
    assert nothing.f1.shape == (0,)


def test_an_image_takes_no_object_and_little_text() -> None:
    # 5,000 trials of 200 images must fit in 2 GiB of memory: at most 1 KiB an image.
    table = score_table(IMAGES * 100)
    arrays = [entry for entry in _leaves(table) if isinstance(entry, np.ndarray)]
    assert len(arrays) == 7 + 4 * 13 + 3 * 2
    assert sum(array.nbytes for array in arrays) / len(table) < 400
    assert len(to_json_columns(table)) / len(table) < 700


def _leaves(value: object) -> list[object]:
    if isinstance(value, tuple):
        return [leaf for one in value for leaf in _leaves(one)]
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return [leaf for field in fields for leaf in _leaves(getattr(value, field.name))]
    return [value]


@pytest.mark.parametrize(
    "other",
    [
        image_score("d", "g", f1=0.5),
        dataclasses.replace(IMAGES[0], counts=IMAGES[0].counts[:2]),
    ],
)
def test_images_scored_in_different_ways_are_refused(other: ImageScore) -> None:
    with pytest.raises(ValueError, match="must be scored at the same"):
        score_table([*IMAGES, other])


@pytest.mark.parametrize("wrong", [math.nan, 2.5, "7"])
def test_numbers_of_cells_are_whole(wrong: object) -> None:
    raw = stored()
    raw["counts"][3]["false_negatives"][1] = wrong
    with pytest.raises(ValueError, match="false_negatives of images must be whole numbers"):
        from_columns(raw)


def test_images_without_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one IoU"):
        from_columns(stored() | {"counts": []})
    row = dataclasses.asdict(IMAGES[0])
    del row["counts"]
    with pytest.raises(KeyError, match="counts"):
        from_rows([row])


@pytest.mark.parametrize("column", ["groups", "dice", "splits"])
def test_columns_of_different_length_are_refused(column: str) -> None:
    raw = stored()
    raw[column].pop()
    with pytest.raises(ValueError, match=f"{column} must have a value for each of 3 images"):
        from_columns(raw)
