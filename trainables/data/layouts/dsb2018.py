"""Data Science Bowl 2018 (BBBC038): one folder an image, one mask file a nucleus."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from trainables.data.defect import DefectError, Problem
from trainables.data.files import read_image
from trainables.data.layouts.pairs import image_files, leaves, record, relative
from trainables.data.layouts.parts import side_of, subfolders
from trainables.data.records import Found, Options


def find(root: Path, options: Options) -> Found | None:
    """Records of `<id>/images/<id>.png` with `<id>/masks/*.png`; None where there are none.

    The folders may lie below `stage1_train`; those of `stage1_test`, which come without masks,
    are not read.
    """
    tops = [root, *subfolders(root)]
    folders = [folder for top in tops for folder in subfolders(top) if (folder / "masks").is_dir()]
    folders = [folder for folder in folders if (folder / "images").is_dir()]
    if not any(_is_one_image(folder) for folder in folders):
        return None
    found = Found()
    for folder in folders:
        _add(found, folder, root, options)
    return found


def merge_masks(masks: list[Path], shape: tuple[int, int]) -> np.ndarray:
    """Labels from one mask file a nucleus; where two overlap, the first in name order wins.

    Args:
        masks: files whose nucleus is not 0.
        shape: height and width of the image.

    Returns:
        int32 [H, W], numbered in the order of the files.
    """
    labels = np.zeros(shape, np.int32)
    for number, path in enumerate(masks, start=1):
        nucleus = read_image(path).any(axis=2)
        if nucleus.shape != labels.shape:
            raise DefectError(
                path.name,
                what=f"is {nucleus.shape[0]} x {nucleus.shape[1]} pixels, but its image is "
                f"{shape[0]} x {shape[1]}",
                remedy="download the masks of this image again",
            )
        labels[nucleus & (labels == 0)] = number
    return labels


def _is_one_image(folder: Path) -> bool:
    """Kaggle names the image like its folder; a folder pair holds many images."""
    images = image_files(folder / "images")
    return len(images) == 1 and images[0].stem == folder.name


def _add(found: Found, folder: Path, root: Path, options: Options) -> None:
    images, masks = image_files(folder / "images"), image_files(folder / "masks")
    if len(images) != 1 or any(leaves(path, root) for path in (*images, *masks)):
        found.problems.append(
            Problem(
                file=relative(folder, root),
                what=f"holds {len(images)} images, or links out of the data set",
                remedy="download this folder again",
            )
        )
        return
    side = side_of(folder.parent.relative_to(root))
    plain = record(images[0], None, id=folder.name, options=options, side=side)
    found.records.append(
        replace(plain, mask=folder / "masks", read_labels=partial(_read, images[0], masks))
    )


def _read(image: Path, masks: list[Path]) -> np.ndarray:
    height, width = read_image(image).shape[:2]
    return merge_masks(masks, (height, width))
