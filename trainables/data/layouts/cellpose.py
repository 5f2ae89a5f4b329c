"""Cellpose: `a_img.png` with `a_masks.png` or `a_seg.npy`, or `a.tif` with those, in one folder."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from trainables.data.files.files import SUFFIXES
from trainables.data.files.seg_npy import read_seg_labels
from trainables.data.layouts.pairs import image_files, pair
from trainables.data.layouts.parts import Part, merge, parts
from trainables.data.opening.records import Found, Options, Record

MASK_ENDINGS = ("_cp_masks", "_masks")
SEG_ENDING = "_seg.npy"
OTHER_ENDINGS = ("_flows", "_cp_output", "_outlines", "_cp_outlines", "_seg")


def find(root: Path, options: Options) -> Found | None:
    """Records of Cellpose pairs, at the root or in parts below it; None where there are none."""
    found = [_records(part, root, options) for part in parts(root, is_cellpose)]
    return merge(found) if found else None


def is_cellpose(folder: Path) -> bool:
    """Whether a folder itself holds masks under Cellpose's names."""
    return any(
        path.name.endswith(SEG_ENDING)
        or (path.stem.endswith(MASK_ENDINGS) and path.suffix.lower() in SUFFIXES)
        for path in folder.iterdir()
    )


def _records(part: Part, root: Path, options: Options) -> Found:
    files = [path for path in image_files(part.folder) if not path.stem.endswith(OTHER_ENDINGS)]
    masks = [(_without(path.stem, MASK_ENDINGS), path) for path in files if _is_mask(path)]
    images = [(_without(path.stem, ("_img",)), path) for path in files if not _is_mask(path)]
    painted = {stem for stem, _ in masks}
    masks += [
        (stem, path)
        for path in sorted(part.folder.glob("*" + SEG_ENDING))
        if (stem := _without(path.name.removesuffix(SEG_ENDING), ("_img",))) not in painted
    ]
    found = pair(images, masks, root=root, options=options, side=part.side, prefix=part.prefix)
    return Found(records=[_reading_seg(entry) for entry in found.records], problems=found.problems)


def _is_mask(path: Path) -> bool:
    return path.stem.endswith(MASK_ENDINGS)


def _without(stem: str, endings: tuple[str, ...]) -> str:
    """The stem that image and mask share: `a` of `a_masks`, `a_img_cp_masks` and `a_img`."""
    for ending in endings:
        if stem.endswith(ending):
            return stem.removesuffix(ending).removesuffix("_img")
    return stem


def _reading_seg(record: Record) -> Record:
    """The record, with the right reader where its labels are in a `_seg.npy`."""
    if record.mask is None or not record.mask.name.endswith(SEG_ENDING):
        return record
    return replace(record, read_labels=partial(read_seg_labels, record.mask))
