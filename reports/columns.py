"""What a table of the report is: raw numbers for CSV, and how each column is shown."""

import csv
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.load import Folder

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column as a reader sees it."""

    label: str
    show: Callable[[Row], str]
    numeric: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of raw values, and the columns that show them."""

    name: str
    """File name of the CSV, without ending."""
    rows: Sequence[Row]
    columns: Sequence[Column]


def column(
    label: str, name: str, write: Callable[[Any], str] = str, *, numeric: bool = True
) -> Column:
    """The column that shows one value of each row.

    Args:
        label: above the column.
        name: of the value in a row.
        write: makes text of it.
        numeric: whether it is set to the right.
    """
    return Column(label=label, show=lambda row: write(row[name]), numeric=numeric)


def interval_column(
    low: str, high: str, write: Callable[[Any, Any], str], *, label: str = "95 % interval"
) -> Column:
    """The column that shows two values of each row as the ends of an interval."""
    return Column(label=label, show=lambda row: write(row[low], row[high]))


def write_csv(path: Folder, rows: Iterable[Row]) -> None:
    """Writes the raw values, in full precision; undefined numbers are left empty."""
    coming = iter(rows)
    first = list(itertools.islice(coming, 1))
    with path.open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [name for row in first for name in row], lineterminator="\n")
        writer.writeheader()
        for row in itertools.chain(first, coming):
            writer.writerow({name: _plain(value) for name, value in row.items()})


def _plain(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value
