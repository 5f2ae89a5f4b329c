"""A folder of images without labels, given beside a data set."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from trainables.data.files.defect import Problem
from trainables.data.files.files import is_image
from trainables.data.layouts.pairs import lone_images
from trainables.data.opening.index_file import read_index
from trainables.data.opening.records import Found, Options, Record
from trainables.data.opening.scan import grouped

PREFIX = "unlabelled-"
"""Prefix of these images' ids where an image of the data set has the same name."""


def find_unlabelled(
    folder: Path,
    options: Options,
    *,
    beside: Found,
    group_pattern: str,
    recognise: Callable[[Path, Options], Found | None],
) -> Found:
    """The images of a folder, without labels even where it has any.

    Images that are files of the data set itself are left out. Groups come from the same pattern
    as those of the data set, so that a well which is in both stays on one side.

    Args:
        folder: its images and those below it; where its layout is known, only the layout's images.
        options: how to read.
        beside: what was found of the data set.
        group_pattern: column of index.csv or regular expression.
        recognise: finds what a folder holds where its layout is known.

    Raises:
        ValueError: there is no such folder, or it holds no images.
    """
    if not folder.is_dir():
        raise ValueError(f"unlabelled must be an existing folder of images, but {folder} is none.")
    found = recognise(folder, options) or lone_images(
        (path for path in sorted(folder.rglob("*")) if is_image(path)),
        root=folder,
        options=options,
    )
    if not found.records:
        raise ValueError(f"unlabelled must be a folder of images, but {folder} holds none.")
    own = {record.image.resolve() for record in beside.records}
    records = [record for record in found.records if record.image.resolve() not in own]
    named = grouped(
        [_with_short_id(record) for record in records],
        index=read_index(folder),
        group_pattern=group_pattern,
    )
    taken = {name for record in beside.records for name in (record.id, record.short_id)}
    return Found(
        records=_with_free_ids(named, records, taken),
        problems=[_placed(problem, folder) for problem in found.problems],
    )


def _with_short_id(record: Record) -> Record:
    # A group known only from the layout, such as sequence 01, differs from the data set's.
    group = PREFIX + record.group if record.group else ""
    return replace(record, id=record.short_id or record.id, group=group)


def _with_free_ids(
    named: list[Record], records: list[Record], taken: Iterable[str]
) -> list[Record]:
    """The records without labels, under ids that no other image has."""
    used = set(taken)
    free = []
    for short, long in zip(named, records, strict=True):
        name = short.id
        while name in used:
            name = PREFIX + (long.id if name == short.id else name)
        used.add(name)
        # A group that is only the record's own name is no group.
        group = "" if short.group == short.id else short.group
        free.append(replace(short, id=name, group=group, mask=None, read_labels=None))
    return free


def _placed(problem: Problem, folder: Path) -> Problem:
    return replace(problem, file=str(folder / problem.file))
