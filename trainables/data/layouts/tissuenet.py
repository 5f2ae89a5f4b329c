"""TissueNet: all images and labels in one `.npz` per split, two channels each."""

import hashlib
import os
import shutil
import zipfile
from functools import partial
from pathlib import Path

import numpy as np

from trainables.data.files.defect import DefectError, Problem
from trainables.data.files.files import READ_ERRORS
from trainables.data.files.label_rules import as_labels
from trainables.data.layouts.parts import side_of
from trainables.data.opening.records import Found, Options, Record
from trainables.machine.cache import cache_folder

LABELS = {"whole_cell": 0, "nuclear": 1}
"""Channel of y for each kind of labels; the first is the default."""


def find(root: Path, options: Options) -> Found | None:
    """Records of every `.npz` with X and y, which are unpacked once into the user's cache.

    Raises:
        ValueError: `options.channel` names labels that TissueNet does not have.
    """
    files = [root] if root.is_file() else sorted(root.glob("*.npz"))
    files = [path for path in files if _holds_tissuenet(path)]
    if not files:
        return None
    kind = options.channel or next(iter(LABELS))
    if kind not in LABELS:
        raise ValueError(f"channel must be one of {list(LABELS)} for TissueNet, but got {kind!r}.")
    found = Found()
    for path in files:
        _add(found, path, LABELS[kind])
    return found


def _holds_tissuenet(path: Path) -> bool:
    if path.suffix != ".npz" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {"X.npy", "y.npy"} <= set(archive.namelist())


def _add(found: Found, path: Path, channel: int) -> None:
    try:
        images, labels = (_unpacked(path, member) for member in ("X", "y"))
        count = len(np.load(images, mmap_mode="r", allow_pickle=False))
        if len(np.load(labels, mmap_mode="r", allow_pickle=False)) != count:
            raise ValueError("X and y are of different length")
    except (*READ_ERRORS, zipfile.BadZipFile) as error:
        found.problems.append(
            Problem(file=path.name, what=f"is damaged ({error})", remedy="download it again")
        )
        return
    for index in range(count):
        found.records.append(
            Record(
                id=f"{path.stem}-{index:05d}",
                image=path,
                mask=path,
                read_image=partial(_read_image, images, index, path.name),
                read_labels=partial(_read_labels, labels, index, channel, path.name),
                side=side_of(Path(path.stem)),
            )
        )


def _unpacked(path: Path, member: str) -> Path:
    """One array of an archive as a file that can be read in part; unpacked where it is not yet."""
    stat = path.stat()
    name = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    folder = cache_folder() / hashlib.sha256(name.encode()).hexdigest()[:16]
    target = folder / f"{member}.npy"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{member}.{os.getpid()}.part"
    with (
        zipfile.ZipFile(path) as archive,
        archive.open(f"{member}.npy") as packed,
        unfinished.open("wb") as stream,
    ):
        shutil.copyfileobj(packed, stream, 2**22)
    unfinished.replace(target)
    return target


def _read_image(array: Path, index: int, file: str) -> np.ndarray:
    image = np.array(np.load(array, mmap_mode="r", allow_pickle=False)[index])
    if not np.isfinite(image).all():
        raise DefectError(
            f"{file}[{index}]", what="has pixels that are NaN or infinite", remedy="leave it out"
        )
    return image


def _read_labels(array: Path, index: int, channel: int, file: str) -> np.ndarray:
    values = np.load(array, mmap_mode="r", allow_pickle=False)[index, :, :, channel]
    return as_labels(np.array(values), file=f"{file}[{index}]")
