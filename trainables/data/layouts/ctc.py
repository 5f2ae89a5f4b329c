"""Cell Tracking Challenge: `01/t000.tif`, gold masks of some frames, markers of all cells."""

import re
from collections import defaultdict
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from trainables.data.files.files import read_image, read_labels
from trainables.data.layouts.pairs import image_files, lone_images
from trainables.data.layouts.parts import merge, side_of, subfolders
from trainables.data.opening.records import Found, Options, Record
from trainables.data.sample import IGNORED

FRAME = re.compile(r"^t(\d+)$")
SLICE = re.compile(r"^man_seg_(\d+)_(\d+)$")
"""Gold mask of one slice of a volume: frame and slice."""
SEQUENCE = re.compile(r"^\d\d$")


def find(root: Path, options: Options) -> Found | None:
    """Records of all sequences with gold masks; None where there is none.

    Frames of one sequence are one group. Frames without a gold mask have no labels. Of volumes,
    the slices that have a gold mask are taken; where whole volumes have one, the chosen plane.
    """
    sequences = [
        folder
        for top in (root, *subfolders(root))
        for folder in subfolders(top)
        if SEQUENCE.match(folder.name) and _gold(folder).is_dir()
    ]
    found = [_records(folder, root, options) for folder in sequences]
    return merge(found) if found else None


def read_gold(mask: Path, markers: Path | None, *, plane: int = 0) -> np.ndarray:
    """Labels of a gold mask, whose background is unknown (-1) unless every cell was labelled.

    Args:
        mask: `man_seg000.tif`, which may label only some cells.
        markers: `man_track000.tif` of the same frame, which marks every cell, if there is one.
        plane: which plane of volumes.

    Returns:
        int32 [H, W]; where each marker touches a labelled cell, 0 is background.
    """
    labels = read_labels(mask, plane=plane)
    if markers is None or not _covers(labels, read_labels(markers, plane=plane)):
        return np.where(labels == 0, np.int32(IGNORED), labels)
    return labels


def _covers(labels: np.ndarray, markers: np.ndarray) -> bool:
    """Whether every marker touches a labelled cell."""
    if labels.shape != markers.shape:
        return False
    marked = set(np.unique(markers)) - {0}
    return marked <= set(np.unique(markers[labels > 0]))


def _gold(sequence: Path) -> Path:
    return sequence.with_name(sequence.name + "_GT") / "SEG"


def _records(sequence: Path, root: Path, options: Options) -> Found:
    frames = [path for path in image_files(sequence) if FRAME.match(path.stem)]
    group = "-".join(sequence.relative_to(root).parts)
    side = side_of(sequence.parent.relative_to(root))
    found = lone_images(frames, root=root, options=options, side=side)
    slices = _gold_slices(sequence)
    records = []
    for record in found.records:
        record = replace(record, group=group)
        cut = slices.get(record.image.stem.removeprefix("t"))
        records += _slices(record, cut, options) if cut else [_with_gold(record, options)]
    return Found(records=records, problems=found.problems)


def _with_gold(record: Record, options: Options) -> Record:
    """The record with its gold mask, if there is one for its frame."""
    sequence, number = record.image.parent, record.image.stem.removeprefix("t")
    mask = _gold(sequence) / f"man_seg{number}.tif"
    if not mask.is_file():
        return record
    markers = _gold(sequence).with_name("TRA") / f"man_track{number}.tif"
    reader = partial(read_gold, mask, markers if markers.is_file() else None, plane=options.plane)
    return replace(record, mask=mask, read_labels=reader)


def _gold_slices(sequence: Path) -> dict[str, list[tuple[int, Path]]]:
    """Slices with a gold mask of each frame's number, for sequences of volumes."""
    slices: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for path in image_files(_gold(sequence)):
        match = SLICE.match(path.stem)
        if match:
            slices[match.group(1)].append((int(match.group(2)), path))
    return slices


def _slices(record: Record, cut: list[tuple[int, Path]], options: Options) -> list[Record]:
    """One record for each slice. Markers do not tell which cells a slice cuts, so whatever is
    not labelled in it is unknown."""
    return [
        replace(
            record,
            id=f"{record.id}-z{plane:03d}",
            short_id=f"{record.short_id}-z{plane:03d}",
            mask=mask,
            read_image=partial(read_image, record.image, plane=plane, channels=options.channels),
            read_labels=partial(read_gold, mask, None),
        )
        for plane, mask in cut
    ]
