"""One list of columns gives the table of the page, the Markdown and the CSV."""

import math
from typing import NamedTuple

from reports.columns import (
    Columns,
    Listing,
    Table,
    column,
    csv_column,
    page_column,
    row_head,
    span_column,
    write_csv,
)
from reports.figures.figures import looks
from reports.load import Arm
from reports.page.markdown import markdown_table


class Score(NamedTuple):
    arm: str
    f1: float
    low: float
    high: float
    images: int


COLUMNS: Columns[Score] = [
    csv_column("images", lambda one: one.images),
    column("F1", "f1", lambda one: one.f1, "{:.1f}".format, key=True),
    row_head("arm", "name", lambda one: one.arm),
    span_column(("low", "high"), lambda one: (one.low, one.high), "{:g} to {:g}".format),
    page_column("so", lambda one: "a|b", numeric=False),
]
SCORES = (Score("unet", 0.75, 0.5, 1.0, 4), Score("other", math.nan, math.nan, math.inf, 5))


def written(tmp_path, listing):
    write_csv(tmp_path / "table.csv", listing)
    return (tmp_path / "table.csv").read_text().splitlines()


def test_csv_has_raw_values_in_the_order_of_the_columns_and_leaves_undefined_ones_empty(tmp_path):
    assert written(tmp_path, Table("scores", SCORES, COLUMNS)) == [
        "images,f1,name,low,high",
        "4,0.75,unet,0.5,1.0",
        "5,,other,,inf",
    ]


def test_page_has_the_head_of_the_row_first_and_no_column_of_the_csv_alone():
    table = Table("scores", SCORES, COLUMNS)
    assert [one.heading for one in table.heads] == ["arm"]
    assert [one.heading for one in table.cells] == ["F1", "95 % interval", "so"]
    assert [one.key for one in table.cells] == [True, False, False]


def test_markdown_writes_labels_of_arms_and_numbers_to_the_right():
    arm = Arm(name="unet", segmenter="unet", extra_data="none", initial_weights="scratch")
    assert markdown_table(Table("scores", SCORES, COLUMNS), looks([arm])).splitlines() == [
        "| arm | F1 | 95 % interval | so |",
        "| --- | ---: | ---: | --- |",
        "| U-Net | 0.8 | 0.5 to 1 | a\\|b |",
        "| other | nan | nan to inf | a\\|b |",
    ]


def test_page_shows_the_first_records_and_the_csv_has_all(tmp_path):
    table = Table("scores", SCORES, COLUMNS, most=1)
    assert table.shown == SCORES[:1]
    assert len(markdown_table(table, {}).splitlines()) == 3
    assert len(written(tmp_path, table)) == 3


def test_records_for_csv_alone_are_never_held_together(tmp_path):
    alive = []

    def one_by_one():
        for number in range(5):
            alive.append(number)
            yield number
            alive.remove(number)

    # The writer asks for the next record only after it has written the one before.
    columns: Columns[int] = [csv_column("alive", lambda number: len(alive))]
    assert written(tmp_path, Listing("numbers", one_by_one(), columns)) == ["alive", *"11111"]
