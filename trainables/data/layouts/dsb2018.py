"""Data Science Bowl 2018 (BBBC038): one folder per image, one mask file per nucleus."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from trainables.data.files.defect import DefectError, Problem
from trainables.data.files.files import read_image
from trainables.data.layouts.dsb2018_solution import read_run_lengths, read_solutions
from trainables.data.layouts.pairs import image_files, leaves, record, relative
from trainables.data.layouts.parts import side_of, subfolders
from trainables.data.opening.records import Found, Options


def find(root: Path, options: Options) -> Found | None:
    """Records of `<id>/images/<id>.png` with `<id>/masks/*.png`; None where there are none.

    The folders may lie below `stage1_train`. Those of `stage1_test` come without masks; they are
    read if `stage1_solution.csv`, which holds theirs, is present.
    """
    tops = [root, *subfolders(root)]
    folders = [child for top in tops for child in subfolders(top) if (child / "images").is_dir()]
    painted = [folder for folder in folders if (folder / "masks").is_dir()]
    bare = [folder for folder in folders if not (folder / "masks").is_dir()]
    solutions = read_solutions(root) if bare else {}
    solved = [folder for folder in bare if folder.name in solutions]
    if not any(_is_one_image(folder) for folder in [*painted, *solved]):
        return None
    found = Found()
    for folder in painted:
        _add(found, folder, root, options)
    for folder in solved:
        _add(found, folder, root, options, nuclei=solutions[folder.name])
    return found


def merge_masks(masks: list[Path], shape: tuple[int, int]) -> np.ndarray:
    """Labels from one mask file per nucleus; where two overlap, the first in name order wins.

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


def _add(
    found: Found,
    folder: Path,
    root: Path,
    options: Options,
    *,
    nuclei: list[str] | None = None,
) -> None:
    """Adds one image, with its masks or, where there are none, its nuclei as run lengths."""
    images = image_files(folder / "images")
    masks = image_files(folder / "masks") if nuclei is None else []
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
    read = partial(_read, images[0], masks)
    if nuclei is not None:
        read = partial(read_run_lengths, images[0], nuclei)
    found.records.append(
        replace(plain, mask=images[0] if nuclei is not None else folder / "masks", read_labels=read)
    )


def _read(image: Path, masks: list[Path]) -> np.ndarray:
    height, width = read_image(image).shape[:2]
    return merge_masks(masks, (height, width))
