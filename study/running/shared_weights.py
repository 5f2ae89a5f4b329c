"""Published models, and those of other studies, on every machine that trains.

They lie on the disk of the machine where the study was started, which a cluster's other machines
cannot reach. Ray sends their bytes once per machine, into a folder named after their hash.
"""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import ray

from trainables.machine.cache import cached_folder
from trainables.machine.downloads import file_sha256
from trainables.results.model_files import ABOUT_FILE
from trainables.segmenters.families import FAMILIES

CARRIED = {ABOUT_FILE, *(file for family in FAMILIES.values() for file in family.weights.files)}
"""Files of a model's folder that a training starts from."""


def shared_weights(weights: dict[str, Path], *, on_cluster: bool) -> dict[str, Callable[[], Path]]:
    """Functions that return each model's path on the machine where they are called.

    Args:
        weights: files and folders on this machine, by segmenter.
        on_cluster: whether there may be machines that cannot reach them.
    """
    if not on_cluster:
        return {segmenter: partial(Path, model) for segmenter, model in weights.items()}
    return {segmenter: _in_object_store(model) for segmenter, model in weights.items()}


def _in_object_store(model: Path) -> Callable[[], Path]:
    files = [model] if model.is_file() else [model / name for name in sorted(CARRIED)]
    files = [file for file in files if file.is_file()]
    hashes = " ".join(f"{file.name} {file_sha256(file)}" for file in files)
    return partial(
        _fetched,
        hashlib.sha256(hashes.encode()).hexdigest(),
        {file.name: ray.put(np.fromfile(file, np.uint8)) for file in files},
        name=model.name if model.is_file() else "",
    )


def _fetched(content_hash: str, contents: dict[str, ray.ObjectRef], *, name: str) -> Path:
    """The model on this machine."""

    def write(folder: Path) -> None:
        for file, reference in contents.items():
            ray.get(reference).tofile(folder / file)

    return cached_folder(f"weights/{content_hash}", fill=write) / name
