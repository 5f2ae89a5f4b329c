"""Locates Cellpose's public models; never downloads one unasked.

Cellpose itself falls back to its default model, or starts a download, where a name or path is
wrong. Here a model is found exactly as named, or there is an error that says what to do.
"""

import os
from pathlib import Path

from trainables.machine.downloads import fetch
from trainables.segmenters.cellpose.published import PUBLISHED

FOLDER_VARIABLE = "CELLPOSE_LOCAL_MODELS_PATH"
"""Environment variable that names the folder of Cellpose's models."""
NAMES = tuple(PUBLISHED)
HUB = "https://huggingface.co/mouseland/cellpose-sam/resolve/7c61431b5fbb078f3296754bd15d9f51b320f837/"
"""Pinned to one revision, so that a name always means the same bytes."""
SHA256 = {
    "cpsam": "e1440429eb384f95afe32bcba6510f90d518eaedc917ede549bed6804004abe2",
    "cpsam_v2": "0f1cc3f7ecdd8a037a57c6c48d9d8921391be4cbce3fa9f13c3e3a2e1253c667",
}
"""Hashes of these files, as recorded by many of their users."""


def find_public_weights(name: str, *, may_download: bool = False) -> Path:
    """The file of a public Cellpose model.

    Args:
        name: of a public model, or a model file, or a folder that holds a public model.
        may_download: fetch a public model that is not there yet from its authors' hub (1.2 GB)
            into Cellpose's own folder; for the start of a study, never for its workers.

    Raises:
        ValueError: there is no such model here; says where to put it, and what to do without.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    places = [path / known for known in NAMES] if path.is_dir() else []
    if name in NAMES:
        places = [models_folder() / name]
    for place in places:
        if place.is_file():
            return place
    if name in NAMES and may_download:
        return _download(name)
    raise ValueError(_missing(name))


def models_folder() -> Path:
    """The folder in which Cellpose keeps its models."""
    return Path(os.environ.get(FOLDER_VARIABLE) or Path.home() / ".cellpose" / "models")


def _download(name: str) -> Path:
    """Fetches a model, whole or not at all.

    Cellpose's own function is not used: it disables certificate checks for the whole process.
    """
    try:
        return fetch(HUB + name, models_folder() / name, sha256=SHA256[name])
    except OSError as error:
        raise ValueError(f"{_missing(name)} The download failed: {error}.") from error


def _missing(name: str) -> str:
    wanted = name if name in NAMES else NAMES[0]
    return (
        f"There is no public Cellpose model {name!r} (known by name: {', '.join(NAMES)}): put the "
        f"file {HUB}{wanted} at {models_folder() / wanted}, set {FOLDER_VARIABLE} to the folder "
        f"that holds it, or name the file itself; or start from `source` weights, trained here "
        f"on a second annotated data set or on simulated cells."
    )
