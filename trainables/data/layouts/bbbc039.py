"""BBBC039: 16-bit TIFFs, colour PNG masks with the nuclei in the first channel, and lists."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from trainables.data.files.files import read_image
from trainables.data.layouts.pairs import image_files, pair
from trainables.data.opening.records import Found, Options, Record, Side

LISTS: dict[str, Side] = {"training.txt": "train", "validation.txt": "train", "test.txt": "test"}


def find(root: Path, options: Options) -> Found | None:
    """Records of `images/`, `masks/` and `metadata/`; None where there is no such list."""
    if not all((root / name).is_dir() for name in ("images", "masks")):
        return None
    if not any((root / "metadata" / name).is_file() for name in LISTS):
        return None
    found = pair(
        [(path.stem, path) for path in image_files(root / "images")],
        [(path.stem, path) for path in image_files(root / "masks")],
        root=root,
        options=options,
    )
    sides = _sides(root)
    return Found(
        records=[_with_labels(record, sides.get(record.id, "")) for record in found.records],
        problems=found.problems,
    )


def read_first_channel(path: Path) -> np.ndarray:
    """Labels of a BBBC039 mask: connected pixels of one value in the first channel are a nucleus.

    Values are reused for nuclei that do not touch, so they cannot be taken as labels themselves.

    Returns:
        int32 [H, W], 0 background.
    """
    from skimage.measure import label

    return label(read_image(path)[:, :, 0]).astype(np.int32)


def _sides(root: Path) -> dict[str, Side]:
    sides = {}
    for name, side in LISTS.items():
        path = root / "metadata" / name
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                sides[Path(line.strip()).stem] = side
    return sides


def _with_labels(record: Record, side: Side) -> Record:
    if record.mask is None:
        return record
    return replace(record, read_labels=partial(read_first_channel, record.mask), side=side)
