"""NuInsSeg: one folder per organ, with label masks and areas that cannot be annotated."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from trainables.data.files.files import read_image, read_labels
from trainables.data.layouts.pairs import image_files, pair
from trainables.data.layouts.parts import Part, merge, parts
from trainables.data.opening.records import Found, Options, Record
from trainables.data.sample import IGNORED

IMAGES, MASKS, VAGUE = "tissue images", "label masks modify", "vague areas"


def find(root: Path, options: Options) -> Found | None:
    """Records of all organs below the root, or of one; None where there is none."""
    found = [_records(part, root, options) for part in parts(root, _is_organ)]
    return merge(found) if found else None


def read_with_vague(mask: Path, vague: Path) -> np.ndarray:
    """Labels in which background that experts called vague is unknown (-1).

    Returns:
        int32 [H, W]; annotated nuclei stay, also in vague areas.
    """
    labels = read_labels(mask)
    unclear = read_image(vague).any(axis=2)
    if unclear.shape == labels.shape:
        return np.where(unclear & (labels == 0), np.int32(IGNORED), labels)
    return labels


def _is_organ(folder: Path) -> bool:
    return (folder / IMAGES).is_dir() and (folder / MASKS).is_dir()


def _records(part: Part, root: Path, options: Options) -> Found:
    found = pair(
        [(path.stem, path) for path in image_files(part.folder / IMAGES)],
        [(path.stem, path) for path in image_files(part.folder / MASKS)],
        root=root,
        options=options,
        side=part.side,
        prefix=part.prefix,
    )
    vague = {path.stem: path for path in _vague_files(part.folder / VAGUE)}
    return Found(
        records=[_with_vague(record, vague) for record in found.records], problems=found.problems
    )


def _vague_files(folder: Path) -> list[Path]:
    """Masks of vague areas; they lie beside or below pictures of the same areas."""
    below = folder / "mask binary"
    return image_files(below if below.is_dir() else folder) if folder.is_dir() else []


def _with_vague(record: Record, vague: dict[str, Path]) -> Record:
    area = vague.get(record.image.stem)
    if record.mask is None or area is None:
        return record
    return replace(record, read_labels=partial(read_with_vague, record.mask, area))
