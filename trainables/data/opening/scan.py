"""Examines every file of a data set once: measures it, and finds what is wrong."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from trainables.data.areas import cell_areas, diameters_of_areas_px, median_diameter_px
from trainables.data.channels import conversion
from trainables.data.files.defect import DefectError, Problem
from trainables.data.files.files import READ_ERRORS, TIFF, pixels_of
from trainables.data.files.tiff import pixel_size
from trainables.data.opening.dataset import Dataset, Entry
from trainables.data.opening.index_file import group_of, read_index, side_in
from trainables.data.opening.records import Found, Record
from trainables.data.opening.room import Room

MAX_THREADS = 4
"""Images in memory at one time, ..."""
MOST_PX = 64 * 1024 * 1024
"""... if they hold no more pixels than this in all; decoders release Python's lock."""
FEWEST_TO_CLASS = 30
"""Fewer cells are not divided into size classes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """What examining one record found."""

    record: Record
    problem: Problem | None = None
    entry: Entry | None = None
    areas_px: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """Areas of its cells."""
    channels: int = 0
    digest: str = ""


def scan(
    found: Found,
    *,
    path: Path,
    layout: str,
    group_pattern: str,
    unlabelled: Found | None = None,
) -> Dataset:
    """Reads each file once and makes the data set of those that are sound.

    Args:
        found: what the layout found in the folder.
        path: the folder.
        layout: the layout's name.
        group_pattern: column of index.csv or regular expression.
        unlabelled: images of another folder, already named and grouped.

    Raises:
        ValueError: no annotated image with a cell is left.
    """
    records = grouped(
        _with_distinct_ids(found.records), index=read_index(path), group_pattern=group_pattern
    )
    others = unlabelled or Found()
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as threads:
        looks = list(
            threads.map(partial(_look, root=path, room=Room(MOST_PX)), [*records, *others.records])
        )
    sound = [look for look in looks if look.problem is None]
    entries = sorted((look.entry for look in sound if look.entry), key=lambda entry: entry.id)
    problems = [
        *found.problems,
        *others.problems,
        *(look.problem for look in looks if look.problem),
    ]
    _refuse_unusable(entries, problems, found, path)
    channels = max(entry.channels for entry in entries)
    return Dataset(
        path=path,
        layout=layout,
        entries=entries,
        records=[look.record for look in sound],
        problems=problems,
        content_hash=_hash(sorted(look.digest for look in sound)),
        channels=channels,
        conversions=_conversions(sound, channels),
        size_edges_px=size_edges_px(np.concatenate([look.areas_px for look in sound])),
    )


def grouped(
    records: Sequence[Record], *, index: dict[str, dict[str, str]], group_pattern: str
) -> list[Record]:
    """The records with their group, and the side that index.csv names."""
    named = []
    for record in records:
        row = index.get(record.id, index.get(record.image.stem, {}))
        group = group_of(record.id, row, pattern=group_pattern, known=record.group)
        named.append(replace(record, group=group, side=side_in(row) or record.side))
    return named


def size_edges_px(areas_px: np.ndarray) -> tuple[float, ...]:
    """Diameters that part cells into three classes of about equal number, in pixels.

    Args:
        areas_px: of all annotated cells of a data set.

    Returns:
        One or two of them; none for fewer cells than `FEWEST_TO_CLASS`.
    """
    if len(areas_px) < FEWEST_TO_CLASS:
        return ()
    edges = np.quantile(diameters_of_areas_px(areas_px), (1 / 3, 2 / 3))
    return tuple(sorted(set(edges.round(1).tolist())))


def _look(record: Record, *, root: Path, room: Room) -> _Look:
    with room.take(pixels_of(record.image)):
        return _look_alone(record, root=root)


def _look_alone(record: Record, *, root: Path) -> _Look:
    file = record.image
    try:
        image = record.read_image()
        _refuse_constant(record, image)
        if record.read_labels is None:
            return _Look(record=record, channels=image.shape[2], digest=_pixels_hash(image))
        file = record.mask or record.image
        labels = record.read_labels()
        _refuse_other_shape(file, image, labels)
    except DefectError as defect:
        shown = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
        problem = Problem(file=shown, what=defect.what, remedy=defect.remedy)
        return _Look(record=record, problem=problem)
    areas_px = cell_areas(labels)
    return _Look(
        record=record,
        entry=_entry(record, image, areas_px),
        areas_px=areas_px,
        channels=image.shape[2],
        digest=_pixels_hash(image, labels),
    )


def _entry(record: Record, image: np.ndarray, areas_px: np.ndarray) -> Entry:
    return Entry(
        id=record.id,
        image=record.image,
        mask=record.mask,
        group=record.group,
        side=record.side,
        height=image.shape[0],
        width=image.shape[1],
        channels=image.shape[2],
        dtype=str(image.dtype),
        cells=len(areas_px),
        diameter_px=median_diameter_px(areas_px),
        um_per_px=_pixel_size(record.image),
    )


def _pixel_size(path: Path) -> float | None:
    if path.suffix.lower() not in TIFF:
        return None
    try:
        return pixel_size(path)
    except READ_ERRORS:  # odd metadata do not spoil the pixels, which were read
        return None


def _conversions(looks: Sequence[_Look], channels: int) -> Counter[str]:
    """How many images are converted to the data set's channels, by kind of conversion."""
    how = Counter(conversion(look.channels, channels) for look in looks)
    del how[""]
    return how


def _refuse_constant(record: Record, image: np.ndarray) -> None:
    if image.min() == image.max():
        raise DefectError(
            record.image.name,
            what=f"is constant: every pixel is {image.flat[0]}",
            remedy="remove it, there is nothing to see in it",
        )


def _refuse_other_shape(mask: Path, image: np.ndarray, labels: np.ndarray) -> None:
    if labels.shape != image.shape[:2]:
        raise DefectError(
            mask.name,
            what=f"is {labels.shape[0]} x {labels.shape[1]} pixels, but its image is "
            f"{image.shape[0]} x {image.shape[1]}",
            remedy="export the mask again at the size of the image",
        )


def _refuse_unusable(
    entries: Sequence[Entry], problems: Sequence[Problem], found: Found, path: Path
) -> None:
    first = f" The first of {len(problems)} problems: {problems[0]}" if problems else ""
    if not found.records:
        raise ValueError(f"{path} holds no images: put some into it.{first}")
    if not entries:
        raise ValueError(f"{path} holds no usable image with labels: add some.{first}")
    if not any(entry.cells for entry in entries):
        raise ValueError(f"The masks of {path} hold no cell: annotate some.{first}")


def _with_distinct_ids(records: Sequence[Record]) -> list[Record]:
    """Short ids where they are distinct, else with the folder in front."""
    taken = Counter(record.short_id or record.id for record in records)
    return [
        replace(record, id=record.short_id)
        if record.short_id and taken[record.short_id] == 1
        else record
        for record in records
    ]


def _pixels_hash(*arrays: np.ndarray) -> str:
    """sha256 over type, shape and values of arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()
