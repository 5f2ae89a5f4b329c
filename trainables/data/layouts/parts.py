"""Where in a tree the parts of a data set are, and which side of a split their names say."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trainables.data.opening.records import Found, Side

MAX_DEPTH = 3
TEST_NAME = re.compile(r"(^|[^a-z])test(ing)?([^a-z]|$)|^hidden$", re.IGNORECASE)
TRAIN_NAME = re.compile(r"(^|[^a-z])(train|tuning|val)", re.IGNORECASE)
UNLABELLED_NAME = re.compile(r"unlabel", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One folder that a layout recognises, e.g. `train` of `train` and `test`."""

    folder: Path
    side: Side
    prefix: str
    """Prefix of ids that keeps parts from clashing; "" where the root is the only part."""


def parts(root: Path, recognise: Callable[[Path], bool]) -> list[Part]:
    """The root, if it is recognised itself, else the recognised folders below it."""
    if recognise(root):
        return [Part(folder=root, side="", prefix="")]
    return [
        Part(
            folder=folder,
            side=side_of(folder.relative_to(root)),
            prefix="-".join(folder.relative_to(root).parts) + "-",
        )
        for folder in _below(root, recognise, depth=1)
    ]


def side_of(path: Path) -> Side:
    """`test` or `train` as the folders of a relative path say; validation counts as train."""
    if any(TEST_NAME.search(part) for part in path.parts):
        return "test"
    return "train" if any(TRAIN_NAME.search(part) for part in path.parts) else ""


def unlabelled_folders(root: Path) -> list[Path]:
    """Folders directly below the root whose names say that they hold unlabelled images."""
    return [folder for folder in subfolders(root) if UNLABELLED_NAME.search(folder.name)]


def subfolders(folder: Path) -> list[Path]:
    """Visible folders directly below, in the order of names."""
    return sorted(
        path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
    )


def merge(founds: list[Found]) -> Found:
    """All records and problems of several parts."""
    return Found(
        records=[record for found in founds for record in found.records],
        problems=[problem for found in founds for problem in found.problems],
    )


def _below(folder: Path, recognise: Callable[[Path], bool], *, depth: int) -> Iterator[Path]:
    for child in subfolders(folder):
        if recognise(child):
            yield child
        elif depth < MAX_DEPTH:
            yield from _below(child, recognise, depth=depth + 1)
