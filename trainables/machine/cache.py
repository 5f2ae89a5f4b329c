"""Where this machine keeps what would be slow to fetch or to unpack again."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from trainables.machine.downloads import alone


def cache_folder() -> Path:
    """The project's folder in the user's cache, which may be deleted at any time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "cell-segmentation-study"


def cached_folder(name: str, *, fill: Callable[[Path], None], needed: str = "") -> Path:
    """A folder of the cache, complete or absent; processes that want it wait for the first.

    Args:
        name: of the folder, below `cache_folder`.
        fill: called with an empty folder where there is none yet.
        needed: name of a file without which the folder is filled afresh.
    """
    folder = cache_folder() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        if not (folder / needed).exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as yard:
                fresh = Path(yard) / "fresh"
                fresh.mkdir()
                fill(fresh)
                shutil.rmtree(folder, ignore_errors=True)
                fresh.replace(folder)
    return folder
