"""Omnipose: Cellpose's names, one folder per species below `train_sorted` and `test_sorted`."""

from pathlib import Path

from trainables.data.layouts import cellpose
from trainables.data.layouts.parts import subfolders
from trainables.data.opening.records import Found, Options


def find(root: Path, options: Options) -> Found | None:
    """Records of all species; None where no folder is called `..._sorted`."""
    if not any(folder.name.endswith("_sorted") for folder in subfolders(root)):
        return None
    return cellpose.find(root, options)
