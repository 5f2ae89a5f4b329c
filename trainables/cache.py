"""Where this machine keeps what would be slow to fetch or to unpack again."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """The project's folder in the user's cache, which may be deleted at any time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "cell-segmentation-study"
