"""What a table of the report is: one list of columns over records, for page, Markdown and CSV."""

import csv
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from reports.load import Folder

Raw = str | int | float | None
"""A value as it stands in a CSV file."""
Record = TypeVar("Record")
Value = TypeVar("Value", bound=Raw)


@dataclass(frozen=True, kw_only=True, slots=True)
class Column(Generic[Record]):
    """One column: what a reader sees of each record, and which of its values go to CSV."""

    heading: str
    """Empty for a column that only the CSV has."""
    show: Callable[[Record], str]
    csv: Mapping[str, Callable[[Record], Raw]]
    """Raw values by name; empty for a column that only the page has."""
    numeric: bool = True
    """Whether it is right-aligned."""
    names_row: bool = False
    """Whether it says what the row is about; names of arms are shown as their labels."""
    key: bool = False
    """Whether it is the column to read first."""


Columns = Sequence[Column[Record]]


@dataclass(frozen=True, slots=True)
class Listing(Generic[Record]):
    """Records that go to CSV only; they are read once, so there may be very many."""

    name: str
    """File name of the CSV, without its extension."""
    records: Iterable[Record]
    columns: Columns[Record]


@dataclass(frozen=True, slots=True)
class Table(Listing[Record]):
    """Records that the page shows as well."""

    records: Sequence[Record]
    most: int | None = None
    """Number of records that the page shows, from the first on; None for all."""

    @property
    def shown(self) -> Sequence[Record]:
        """The records on the page."""
        return self.records[: self.most]

    @property
    def heads(self) -> list[Column[Record]]:
        """The columns that say what a row is about, which come first."""
        return [column for column in self.columns if column.names_row]

    @property
    def cells(self) -> list[Column[Record]]:
        """The other columns on the page."""
        return [column for column in self.columns if column.heading and not column.names_row]


def column(
    heading: str,
    name: str,
    read: Callable[[Record], Value],
    show: Callable[[Value], str] = str,
    *,
    numeric: bool = True,
    key: bool = False,
) -> Column[Record]:
    """A column that shows the same value that goes to CSV.

    Args:
        heading: its heading on the page.
        name: its name in the CSV.
        read: takes the value from a record.
        show: formats it as text.
        numeric: whether it is right-aligned.
        key: whether it is the column to read first.
    """
    return Column(
        heading=heading,
        show=lambda record: show(read(record)),
        csv={name: read},
        numeric=numeric,
        key=key,
    )


def span_column(
    names: tuple[str, str],
    read: Callable[[Record], tuple[float, float]],
    show: Callable[[float, float], str],
    *,
    heading: str = "95 % interval",
) -> Column[Record]:
    """A column that shows two values together, which go to CSV separately."""
    low, high = names
    return Column(
        heading=heading,
        show=lambda record: show(*read(record)),
        csv={low: lambda record: read(record)[0], high: lambda record: read(record)[1]},
    )


def row_head(heading: str, name: str, read: Callable[[Record], str]) -> Column[Record]:
    """A column that says what the row is about: an arm, a study, a group of images."""
    return Column(heading=heading, show=read, csv={name: read}, numeric=False, names_row=True)


def page_column(
    heading: str, show: Callable[[Record], str], *, numeric: bool = True, key: bool = False
) -> Column[Record]:
    """A column that only the page has."""
    return Column(heading=heading, show=show, csv={}, numeric=numeric, key=key)


def csv_column(name: str, read: Callable[[Record], Raw]) -> Column[Record]:
    """A column that only the CSV has."""
    return Column(heading="", show=lambda record: "", csv={name: read})


def write_csv(path: Folder, listing: Listing[Record]) -> None:
    """Writes the raw values, in full precision; undefined numbers are left empty."""
    values = {name: read for column in listing.columns for name, read in column.csv.items()}
    records = iter(listing.records)
    first = list(itertools.islice(records, 1))
    with path.open("w", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(values if first else ())
        for record in itertools.chain(first, records):
            writer.writerow(_plain(read(record)) for read in values.values())


def _plain(value: Raw) -> Raw:
    return "" if isinstance(value, float) and math.isnan(value) else value
