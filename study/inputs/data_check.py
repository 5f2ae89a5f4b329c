"""A look at a data set: what it holds, what is wrong with it, and which studies it allows."""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from study.design import DataOptions, Study
from study.inputs.contact_sheet import write_contact_sheet
from study.inputs.data import open_declared
from study.inputs.splits import divide
from trainables.data.dividing.split import Split
from trainables.data.files.defect import Problem
from trainables.data.opening.dataset import Dataset, Entry
from trainables.segmenters.families import PLAIN

COUNTS = (1, 2, 5, 10, 20, 50, 100)
"""Annotation counts whose draws are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckReport:
    """Everything found by a look at a data set."""

    path: Path
    failure: str
    """Why no study can run on it, in one sentence; "" where one can."""
    dataset: Dataset | None = None
    """The data set, where it could be opened."""
    split: Split | None = None
    """How a study would divide it, where it can be divided; the first of grouped folds."""
    folds: int = 1
    """Grouped folds by which a study would test it; 1: a test side."""
    contact_sheet: Path | None = None
    """Picture of some images with the outlines of their cells, where one was asked for."""
    detected: bool = True
    """Whether copies and crops were looked for."""

    @property
    def runnable(self) -> bool:
        """Whether a study could run on it."""
        return not self.failure

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Files that were left out, or are not used as expected."""
        return self.dataset.problems if self.dataset else ()


def check_dataset(options: DataOptions, *, out: Path | None = None) -> CheckReport:
    """Opens a data set, divides it as a study would, and reports what was found.

    Args:
        options: the data set and how it is read.
        out: where to write the contact sheet (PNG), with all problems beside it as CSV; None
            writes nothing.

    Returns:
        The report; for a data set that cannot be used, it says why.
    """
    path = Path(options.path)
    try:
        dataset = open_declared(options)
    except ValueError as error:
        return CheckReport(path=path, failure=str(error))
    try:
        splits = divide(Study(name="check", arms=(PLAIN,), data=options), dataset)
        failure = ""
    except ValueError as error:
        splits, failure = (), str(error)
    return CheckReport(
        path=path,
        failure=failure,
        dataset=dataset,
        split=splits[0] if splits else None,
        folds=len(splits),
        contact_sheet=_write(dataset, splits[0] if splits else None, out) if out else None,
        detected=options.detect_duplicates,
    )


def tied_images(dataset: Dataset, split: Split) -> list[tuple[str, ...]]:
    """Ids of images tied together as near-duplicates or crops, the largest set first."""
    own = {name: dataset.group_of(name) for name in split.groups}
    members = defaultdict(list)
    for sample_id, group in split.groups.items():
        members[group].append(sample_id)
    tied = [tuple(ids) for ids in members.values() if len({own[name] for name in ids}) > 1]
    return sorted(tied, key=lambda ids: (-len(ids), ids))


def disjoint_draws(split: Split) -> dict[int, int]:
    """For each possible annotation count, how many draws share no image."""
    available = len(split.annotation_ids)
    counts = sorted({*(count for count in COUNTS if count < available), available})
    return {count: available // count for count in counts}


def spread(values: list[float], *, digits: int = 0) -> str:
    """Smallest, median and largest of some values: `12 to 30, median 18`; NaNs are left out.

    Returns:
        `unknown` where nothing is left.
    """
    known = [value for value in values if np.isfinite(value)]
    if not known:
        return "unknown"
    low, middle, high = (f"{value:.{digits}f}" for value in np.quantile(known, [0, 0.5, 1]))
    return low if low == high else f"{low} to {high}, median {middle}"


def sizes(entries: tuple[Entry, ...]) -> Counter[str]:
    """How many images have each size, as `width x height`."""
    return Counter(f"{entry.width} x {entry.height}" for entry in entries)


def _write(dataset: Dataset, split: Split | None, out: Path) -> Path:
    """Writes the contact sheet, and the problems beside it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    tied = tied_images(dataset, split) if split else []
    write_contact_sheet(dataset, path=out, tied=tied)
    if dataset.problems:
        with out.with_suffix(".csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("file", "what", "remedy"))
            writer.writerows((item.file, item.what, item.remedy) for item in dataset.problems)
    return out
