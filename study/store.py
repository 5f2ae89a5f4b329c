"""The study's folder: results, one file per trial, and everything else that trials leave behind.

The single source of truth. Each of its files and folders exists whole or not at all, on a local
disk, on NFS or in an object store such as S3.
"""

import errno
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from upath import UPath

from trainables.results.result import TrialHead, TrialResult
from trainables.wire.result_json import from_json, head_from_json, to_json

FULL_BYTES = 2**20
"""A disk with less free space than this after a failed write is considered full."""
CHECKPOINTS = "checkpoints"
"""Folder of the states of trials that have not ended."""


class Store:
    """Reads and writes the files of one study."""

    def __init__(self, root: str | Path, *, checkpoint_seconds: float = 60.0) -> None:
        """Opens a folder, which need not exist yet.

        Args:
            root: a path, or an address such as s3://bucket/study.
            checkpoint_seconds: how often a running trial saves its state.
        """
        # Absolute, since trials read and write it from working folders of their own.
        self.root: Any = UPath(root) if "://" in str(root) else Path(root).absolute()
        """An absolute `Path`, or a `UPath` with the same methods."""
        self.checkpoint_seconds = checkpoint_seconds

    @property
    def is_local(self) -> bool:
        """Whether the folder lies on a disk of this machine, NFS included."""
        return isinstance(self.root, Path)

    def results(self) -> dict[str, TrialResult]:
        """All results, by trial id."""
        return {result.trial_id: result for result in self._read_results()}

    def heads(self) -> list[TrialHead]:
        """All results without per-image scores: quick, however many images there are."""
        return [_read_head(path) for path in self._result_paths()]

    def result(self, trial_id: str) -> TrialResult | None:
        """One result, or None while the trial has not ended."""
        path = self.root / "results" / f"{trial_id}.json"
        return _read(path) if path.exists() else None

    def trial_ids(self) -> set[str]:
        """Ids of the trials that have ended; no result is read."""
        return {path.name.removesuffix(".json") for path in self._result_paths()}

    def write_result(self, result: TrialResult) -> None:
        """Keeps the result of a trial that has ended."""
        self.write_text(f"results/{result.trial_id}.json", to_json(result))

    def read_text(self, name: str) -> str | None:
        """The text of a file, or None when it does not exist."""
        path = self.root / name
        return path.read_text() if path.exists() else None

    def read_bytes(self, name: str) -> bytes | None:
        """The content of a file, or None when it does not exist."""
        path = self.root / name
        return bytes(path.read_bytes()) if path.exists() else None

    def write_text(self, name: str, text: str) -> None:
        """Writes a file whole or not at all."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Writes a file whole or not at all."""
        path = self.root / name
        with full_disk_explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self.is_local:
                path.write_bytes(content)
                return
            fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
            try:
                fresh.write_bytes(content)
                os.replace(fresh, path)
            finally:
                fresh.unlink(missing_ok=True)

    def has_folder(self, name: str) -> bool:
        """Whether a folder written by `write_folder` exists and is complete."""
        return (self.root / name / _COMPLETE).exists()

    def write_folder(self, name: str, write: Callable[[Path], None]) -> None:
        """Keeps what `write` puts into an empty local folder, replacing what was there.

        Other machines see the folder only once it is complete.
        """
        target = self.root / name
        with full_disk_explained(target), tempfile.TemporaryDirectory(dir=self._nearby()) as yard:
            fresh = Path(yard) / "fresh"
            fresh.mkdir()
            with _full_disk_as_such(fresh):
                write(fresh)
            (fresh / _COMPLETE).touch()
            if self.is_local:
                _swap(fresh, Path(target), Path(yard) / "old")
            else:
                _upload(fresh, target)

    def read_folder(self, name: str) -> Path | None:
        """A local folder with what `write_folder` kept, or None when there is none.

        From an object store it is fetched to a temporary folder.
        """
        if not self.has_folder(name):
            return None
        source = self.root / name
        return Path(source) if self.is_local else _download(source)

    def remove_folder(self, name: str) -> None:
        """Deletes a folder that is no longer needed."""
        target = self.root / name
        if not target.exists():
            return
        if self.is_local:
            shutil.rmtree(target, ignore_errors=True)
        else:
            target.rmdir(recursive=True)

    def checkpoints(self, trial_id: str) -> "StoredCheckpoints":
        """Where one trial keeps its state while it runs."""
        return StoredCheckpoints(self, trial_id, every_seconds=self.checkpoint_seconds)

    def _read_results(self) -> Iterator[TrialResult]:
        return map(_read, self._result_paths())

    def _result_paths(self) -> list[Any]:
        folder = self.root / "results"
        paths = folder.iterdir() if folder.exists() else ()
        return sorted((path for path in paths if _is_result(path)), key=str)

    def _nearby(self) -> Path | None:
        """A folder on the same disk as the store, so that a rename moves whole folders."""
        if not self.is_local:
            return None
        folder = Path(self.root) / ".unfinished"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


class StoredCheckpoints:
    """The state of one unfinished trial, kept in the store; implements `protocol.Checkpoints`."""

    def __init__(self, store: Store, trial_id: str, *, every_seconds: float) -> None:
        self._store = store
        self._name = f"{CHECKPOINTS}/{trial_id}"
        self._every_seconds = every_seconds
        self._last = time.monotonic()

    def due(self) -> bool:
        """Whether enough time has passed since the last save for another to be worthwhile."""
        return time.monotonic() - self._last >= self._every_seconds

    def save(self, write: Callable[[Path], None]) -> None:
        """Keeps what `write` puts into an empty local folder, whole or not at all."""
        self._store.write_folder(self._name, write)
        self._last = time.monotonic()

    def load(self) -> Path | None:
        """A local folder with the last saved state, or None when there is none."""
        return self._store.read_folder(self._name)

    def clear(self) -> None:
        """Deletes the state of a trial that has ended."""
        self._store.remove_folder(self._name)


@contextmanager
def full_disk_explained(path: Path | UPath) -> Iterator[None]:
    """Turns the error of a full disk into a sentence that says what to do.

    Raises:
        OSError: the original error, with the sentence where the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OSError(
            error.errno,
            f"The disk is full, so {path} could not be written. Free some space and run the same "
            f"command again: nothing that has finished is lost",
        ) from error


@contextmanager
def _full_disk_as_such(folder: Path) -> Iterator[None]:
    """Turns the errors that libraries raise on a full disk into the system's own error.

    Torch raises RuntimeError ("unexpected pos"), and h5py an OSError without a number.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        if shutil.disk_usage(folder).free >= FULL_BYTES:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


def _read(path: Path | UPath) -> TrialResult:
    with _named(path):
        return from_json(path.read_text())


def _read_head(path: Path | UPath) -> TrialHead:
    with _named(path), path.open() as stream:
        return head_from_json(stream)


@contextmanager
def _named(path: Path | UPath) -> Iterator[None]:
    """Names the file that could not be read, and what to do with it."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path} holds no result of this version of the software ({error}): move it out of "
            f"the folder, and its training is run again if it belongs to the study."
        ) from error


_COMPLETE = ".complete"
"""Marker file, written last into every folder."""


def _is_result(path: Path | UPath) -> bool:
    return path.name.endswith(".json") and not path.name.startswith(".")


def _swap(fresh: Path, target: Path, old: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        os.replace(target, old)
    os.replace(fresh, target)


def _upload(folder: Path, target: UPath) -> None:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in sorted(files, key=lambda path: path.name == _COMPLETE):
        goal = target / path.relative_to(folder).as_posix()
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_bytes(path.read_bytes())


def _download(source: UPath) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="study_"))
    for path in source.rglob("*"):
        if path.is_file():
            goal = folder / path.relative_to(source).as_posix()
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.write_bytes(path.read_bytes())
    return folder
