"""`study check`: what a data set holds, what is wrong with it, and which studies it allows."""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from study.design import DataOptions, Study
from study.splits import divide
from trainables.data.dataset import Dataset, Entry
from trainables.data.defect import Problem
from trainables.data.layouts import open_dataset
from trainables.data.split import Split

COUNTS = (1, 2, 5, 10, 20, 50, 100)
"""Annotation counts whose draws are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckReport:
    """All that a look at a data set tells."""

    path: Path
    failure: str
    """Why no study can run on it, in one sentence; "" where one can."""
    dataset: Dataset | None = None
    """The data set, where it could be opened."""
    split: Split | None = None
    """How a study would divide it, where it can be divided; of grouped folds the first."""
    folds: int = 1
    """Grouped folds by which a study would test it; 1 is a test side."""
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
        """Files that were left out, or are used in another way than expected."""
        return self.dataset.problems if self.dataset else ()

    def render(self) -> object:
        """The report as something that a `rich.console.Console` prints on one screen."""
        from study.check_screen import screen

        return screen(self)


def check_dataset(
    path: Path,
    *,
    out: Path | None = None,
    layout: str = "auto",
    channel: str = "",
    group_pattern: str = "",
    plane: int = 0,
    components: bool = False,
    unlabelled: Path | None = None,
    detect_duplicates: bool = True,
    max_test_images: int = 100,
) -> CheckReport:
    """Opens a data set, divides it as a study would, and tells what was found.

    Args:
        path: folder or file of the data set.
        out: where to write the contact sheet (PNG), with all problems beside it as CSV; None
            writes nothing.
        layout: as in `open_dataset`, like the next three.
        channel: image channels by number, or labels by name.
        group_pattern: column of index.csv or regular expression.
        plane: plane of image stacks.
        components: take each connected piece of a binary mask as one cell.
        unlabelled: another folder, whose images are added without labels.
        detect_duplicates: look for copies and for overlapping or adjoining crops.
        max_test_images: most images of the test side.

    Returns:
        The report; a data set that cannot be used gives one that says why.
    """
    try:
        dataset = open_dataset(
            path,
            layout=layout,
            channel=channel,
            group_pattern=group_pattern,
            plane=plane,
            components=components,
            unlabelled=unlabelled,
        )
    except ValueError as error:
        return CheckReport(path=path, failure=str(error))
    try:
        splits = divide(_any_study(max_test_images, detect_duplicates), dataset)
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
        detected=detect_duplicates,
    )


def tied_images(dataset: Dataset, split: Split) -> list[tuple[str, ...]]:
    """Ids of images that near-duplicates or crops tied together, the largest set first."""
    own = {name: dataset.group_of(name) for name in split.groups}
    members = defaultdict(list)
    for sample_id, group in split.groups.items():
        members[group].append(sample_id)
    tied = [tuple(ids) for ids in members.values() if len({own[name] for name in ids}) > 1]
    return sorted(tied, key=lambda ids: (-len(ids), ids))


def disjoint_draws(split: Split) -> dict[int, int]:
    """For each annotation count that is possible, how many draws share no image."""
    available = len(split.annotation_ids)
    counts = sorted({*(count for count in COUNTS if count < available), available})
    return {count: available // count for count in counts}


def spread(values: list[float], *, digits: int = 0) -> str:
    """Smallest, median and largest of some values: `12 to 30, median 18`; what is NaN is left out.

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


def _any_study(max_test_images: int, detect_duplicates: bool) -> Study:
    """A study that divides its data as all do that do not say otherwise."""
    return Study(
        name="check",
        arms=("unet",),
        data=DataOptions(detect_duplicates=detect_duplicates),
        max_test_images=max_test_images,
    )


def _write(dataset: Dataset, split: Split | None, out: Path) -> Path:
    """Writes the contact sheet, and the problems beside it."""
    from study.contact_sheet import write_contact_sheet

    out.parent.mkdir(parents=True, exist_ok=True)
    tied = tied_images(dataset, split) if split else []
    write_contact_sheet(dataset, path=out, tied=tied)
    if dataset.problems:
        with out.with_suffix(".csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("file", "what", "remedy"))
            writer.writerows((item.file, item.what, item.remedy) for item in dataset.problems)
    return out
