"""StarDist's published models, by the names and hashes in its own package."""

import os
import zipfile
from pathlib import Path

from csbdeep.models.pretrained import get_model_details
from stardist.models import StarDist2D

from trainables.machine.cache import cache_folder, cached_folder
from trainables.machine.downloads import fetch, record_hash, refuse_changed, refuse_other_hash
from trainables.segmenters.stardist.network import CONFIG_FILE, THRESHOLDS_FILE, WEIGHTS_FILE, read


def public(name_or_folder: str) -> StarDist2D:
    """A published StarDist model, from a folder or, by its name, from StarDist's own site.

    Raises:
        ValueError: there is no such model, or it cannot be downloaded.
    """
    return read(public_folder(name_or_folder))


def public_folder(name_or_folder: str) -> Path:
    """The folder of a published StarDist model, fetched from StarDist's own site if needed.

    StarDist's own function is not used: it neither resumes nor locks out a second process, and
    unpacks the model again each time, even while others read it.

    Raises:
        ValueError: there is no such model, it cannot be downloaded, or its weights have
            changed since they were unpacked.
    """
    if Path(name_or_folder).is_dir():
        return Path(name_or_folder)
    try:
        name, _, details = get_model_details(StarDist2D, name_or_folder)
        folder = _unpacked(name, url=details["url"], sha256=details["hash"])
    except (OSError, ValueError) as error:
        raise ValueError(_missing(name_or_folder, reason=str(error))) from error
    refuse_changed(folder / WEIGHTS_FILE)
    return folder


def _unpacked(name: str, *, url: str, sha256: str) -> Path:
    """The model's folder; the hash of its weights is recorded."""

    def unpack(folder: Path) -> None:
        with zipfile.ZipFile(_archive(name, url=url, sha256=sha256)) as packed:
            packed.extractall(folder)
        record_hash(folder / WEIGHTS_FILE)

    return cached_folder(f"stardist/{name}", fill=unpack, needed=WEIGHTS_FILE)


def _archive(name: str, *, url: str, sha256: str) -> Path:
    """The packed model: fetched earlier by StarDist itself, or fetched here."""
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    theirs = keras_home / "models" / "StarDist2D" / name / f"{name}.zip"
    ours = cache_folder() / "stardist" / f"{name}.zip"
    archive = theirs if theirs.is_file() else fetch(url, ours, sha256=sha256)
    refuse_other_hash(archive, sha256)
    return archive


def _missing(name: str, *, reason: str) -> str:
    return (
        f"The public StarDist model {name!r} cannot be had ({' '.join(reason.split())}): download "
        f"python_{name}.zip from https://github.com/stardist/stardist-models/releases/tag/v0.1 on "
        f"a machine with internet, unpack it ({CONFIG_FILE}, {WEIGHTS_FILE}, {THRESHOLDS_FILE}) "
        f"and give the folder as the name, or start from weights of origin `source`."
    )
