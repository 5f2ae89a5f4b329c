"""StarDist: `train/` and `test/`, each with TIFFs of the same names in `images/` and `masks/`."""

from pathlib import Path

from trainables.data.files.files import TIFF
from trainables.data.layouts import folders
from trainables.data.layouts.pairs import image_files
from trainables.data.opening.records import Found, Options

SIDES = ("train", "test")


def find(root: Path, options: Options) -> Found | None:
    """Records of both sides, as in StarDist's dsb2018.zip; None if it is another layout."""
    pairs = [root / side / kind for side in SIDES for kind in ("images", "masks")]
    if not all(folder.is_dir() for folder in pairs):
        return None
    if not all(path.suffix.lower() in TIFF for folder in pairs for path in image_files(folder)):
        return None
    return folders.find(root, options)
