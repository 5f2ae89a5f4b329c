"""NeurIPS 2022 cell segmentation: `images/cell_00001.*` with `labels/cell_00001_label.tiff`."""

from pathlib import Path

from trainables.data.layouts import folders
from trainables.data.layouts.parts import parts
from trainables.data.opening.records import Found, Options


def find(root: Path, options: Options) -> Found | None:
    """Records of `Training-labeled`, `Tuning` and `Testing`, or one of them; None if none.

    Folders called `train-unlabeled-...` give images without labels.
    """
    return folders.find(root, options) if parts(root, _is_neurips) else None


def _is_neurips(folder: Path) -> bool:
    return (folder / "images").is_dir() and any(folder.glob("labels/*_label.tif*"))
