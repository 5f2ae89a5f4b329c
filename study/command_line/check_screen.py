"""What `study check` shows, on one screen."""

from collections import Counter
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from study.design import DataOptions
from study.inputs.data_check import (
    CheckReport,
    check_dataset,
    disjoint_draws,
    sizes,
    spread,
    tied_images,
)
from study.presets import PRESETS
from trainables.data.dividing.split import Split
from trainables.data.opening.dataset import Dataset

MOST_PROBLEMS = 12
"""Problems that are shown one by one."""
MOST_SIZES = 4
MOST_TIES = 3
NAME_WIDTH, SHORT_NAME = 24, 8
"""In lists of ties, ids longer than NAME_WIDTH letters are cut to SHORT_NAME."""


def show_check(data: DataOptions, *, out: Path | None) -> bool:
    """Looks at a data set and prints what was found.

    Args:
        data: the data set and how it is read.
        out: where to write the contact sheet; None writes none.

    Returns:
        Whether a study could run on it.
    """
    report = check_dataset(data, out=out)
    Console().print(screen(report))
    return report.runnable


def screen(report: CheckReport) -> RenderableType:
    """Facts, problems and verdict, from top to bottom."""
    parts: list[RenderableType] = []
    if report.dataset:
        parts.append(_facts(report.dataset, report))
    if report.problems:
        parts.append(_problems(report))
    if report.contact_sheet:
        parts.append(Text(f"Images with the outlines of their cells: {report.contact_sheet}"))
    parts.append(_verdict(report))
    return Group(*parts)


def _facts(dataset: Dataset, report: CheckReport) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    rows = _content(dataset)
    if report.split:
        rows |= _division(dataset, report.split, detected=report.detected, folds=report.folds > 1)
    if report.folds > 1:
        rows |= {"tested by": _folds(report)}
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def _content(dataset: Dataset) -> dict[str, str]:
    entries = dataset.entries
    empty = sum(entry.cells == 0 for entry in entries)
    pixel_sizes = [entry.um_per_px for entry in entries if entry.um_per_px]
    named = len({entry.group for entry in entries if entry.group != entry.id})
    return {
        "data set": str(dataset.path),
        "layout": dataset.layout,
        "images": f"{len(entries)} with labels" + (f"; {empty} hold no cell" if empty else ""),
        "cells": f"{sum(entry.cells for entry in entries)} in all; an image "
        + spread([float(entry.cells) for entry in entries]),
        "size (px)": _listed(sizes(entries), most=MOST_SIZES),
        "cell diameter": spread([entry.diameter_px for entry in entries], digits=1)
        + " px (median of each image)",
        "pixel type": _listed(Counter(entry.dtype for entry in entries), most=MOST_SIZES),
        "channels": _channels(dataset),
        "pixel size": f"{spread(pixel_sizes, digits=3)}"
        + (f" um/px, in {len(pixel_sizes)} files" if pixel_sizes else ""),
        "groups": f"{named} named" if named else "none named: each image is its own group",
    }


def _division(dataset: Dataset, split: Split, *, detected: bool, folds: bool) -> dict[str, str]:
    draws = [
        f"{number} of {count}" + " image" * (count == 1)
        for count, number in disjoint_draws(split).items()
    ]
    return {
        "unlabelled": _unlabelled(dataset, split),
        "duplicates": _ties(dataset, split) if detected else "not looked for",
        "sides": f"{len(split.annotation_ids)} images to annotate, {len(split.test_ids)} to test "
        f"on{' in a fold' if folds else ''}, in {len(split.annotated_groups)} groups"
        + _left_out(split),
        "annotation counts": f"1 to {len(split.annotation_ids)}, validation images included",
        "draws": f"any number; with no image in common: {', '.join(draws)}",
    }


def _folds(report: CheckReport) -> str:
    numbers = ", ".join(f"{preset().folds} in `{name}`" for name, preset in PRESETS.items())
    return (
        f"grouped folds, as the images are too few for a test side: each is tested once, by models "
        f"that never saw its group, and the study is made once for each fold ({numbers})"
    )


def _unlabelled(dataset: Dataset, split: Split) -> str:
    count, sealed = len(dataset.unlabelled), len(dataset.unlabelled) - len(split.unlabelled_ids)
    if not count:
        return "no images without labels (--unlabelled FOLDER adds some)"
    tied = f"; {sealed} of them are left out: they show or adjoin test images" if sealed else ""
    return f"{count} images without labels{tied}"


def _channels(dataset: Dataset) -> str:
    own = Counter(str(entry.channels) for entry in dataset.entries)
    converted = [f"{number} {how}" for how, number in dataset.conversions.items()]
    return "; ".join([_listed(own, most=MOST_SIZES), *converted])


def _ties(dataset: Dataset, split: Split) -> str:
    if not split.tied:
        return "no copies and no overlapping or adjoining crops were found"
    said = f"{split.tied} images are copies, or overlapping or adjoining crops, of others"
    sets = tied_images(dataset, split)
    if not sets:
        return f"{said}, within their groups"
    more = f"; and {len(sets) - MOST_TIES} more" if len(sets) > MOST_TIES else ""
    return f"{said}, kept on one side: {'; '.join(map(_short, sets[:MOST_TIES]))}{more}"


def _short(ids: tuple[str, ...]) -> str:
    """`set07 + set08`; of many ids only the first, and of long ids the first letters."""
    shown = [
        name if len(name) <= NAME_WIDTH else name[:SHORT_NAME] + "…" for name in ids[:MOST_TIES]
    ]
    more = [f"{len(ids) - MOST_TIES} more"] if len(ids) > MOST_TIES else []
    return " + ".join(shown + more)


def _left_out(split: Split) -> str:
    parts = []
    if split.dropped:
        parts.append(f"{split.dropped} left out as tied to test images")
    if split.test_dropped:
        parts.append(f"{split.test_dropped} test images left out beyond the most")
    return "".join(f"; {part}" for part in parts)


def _listed(counts: Counter[str], *, most: int) -> str:
    """`256 x 256 (276), 360 x 360 (78) and 3 more`; a single kind has no number."""
    if len(counts) == 1:
        return next(iter(counts))
    shown = ", ".join(f"{name} ({number})" for name, number in counts.most_common(most))
    return shown + (f" and {len(counts) - most} more" if len(counts) > most else "")


def _problems(report: CheckReport) -> Table:
    table = Table(title=f"{len(report.problems)} problems", title_justify="left", box=None)
    for name in ("file", "what is wrong", "what to do"):
        table.add_column(name, overflow="fold")
    for problem in report.problems[:MOST_PROBLEMS]:
        table.add_row(*(Text(part) for part in (problem.file, problem.what, problem.remedy)))
    hidden = len(report.problems) - MOST_PROBLEMS
    if hidden > 0:
        table.add_row(f"and {hidden} more", "", "--out sheet.png writes all to sheet.csv")
    return table


def _verdict(report: CheckReport) -> Text:
    if report.runnable:
        return Text("A study can run on it.", style="bold green")
    return Text(f"No study can run on it. {report.failure}", style="bold red")
