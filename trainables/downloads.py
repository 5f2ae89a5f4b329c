"""Fetching a large file: once, resumed where it broke off, and known by its hash from then on."""

import fcntl
import hashlib
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHUNK_BYTES = 1 << 20
SILENCE_SECONDS = 60.0
"""After so long without an answer a connection is given up; the next attempt goes on from there."""


def fetch(url: str, target: Path, *, sha256: str = "") -> Path:
    """Fetches a file, whole or not at all; processes that want the same file wait for the first.

    What has come so far lies in `<target>.part` until all is there. The hash is recorded in
    `<target>.sha256`.

    Args:
        url: of the file.
        target: where to put it; where it lies already, nothing is fetched.
        sha256: of the file, in hexadecimal, where it is known.

    Raises:
        OSError: the file could not be fetched, or not in full.
        ValueError: what was fetched has another hash; it is thrown away.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with alone(target):
        if target.is_file():
            return target
        part = _beside(target, ".part")
        _go_on(url, part)
        found = file_sha256(part)
        if sha256 and found != sha256:
            part.unlink()
            raise ValueError(
                f"{url} must have the SHA-256 {sha256}, but what came has {found}: it was thrown "
                f"away, try again."
            )
        _beside(target, ".sha256").write_text(found + "\n")
        part.replace(target)
    return target


def refuse_changed(file: Path) -> None:
    """Checks a fetched file against the hash that was recorded for it, where one was.

    Raises:
        ValueError: the file is not what was fetched.
    """
    record = _beside(file, ".sha256")
    if not record.is_file():
        return
    recorded, found = record.read_text().split()[0], file_sha256(file)
    if recorded != found:
        raise ValueError(
            f"{file} must have the SHA-256 {recorded} that it had when it was fetched, but has "
            f"{found}: delete it to have it fetched again."
        )


def file_sha256(file: Path) -> str:
    """Hash of a file of any size, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _go_on(url: str, part: Path) -> None:
    """Fetches what is still missing of a file."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=SILENCE_SECONDS) as response:
            resumed = response.status == 206
            with part.open("ab" if resumed else "wb") as stream:
                shutil.copyfileobj(response, stream, CHUNK_BYTES)
            _refuse_short(response, part, before=have if resumed else 0)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing is missing
            raise


def _refuse_short(response: Any, part: Path, *, before: int) -> None:
    announced = response.headers.get("Content-Length")
    came = part.stat().st_size - before
    if announced and came < int(announced):
        raise OSError(f"the connection broke off after {came} of {announced} bytes")


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """A context that one process at a time is in."""
    with _beside(target, ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(target.name + suffix)
