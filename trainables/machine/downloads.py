"""Fetches a large file once, resumes where it broke off, and checks its hash from then on."""

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
"""A connection without an answer for this long is given up; the next attempt resumes from there."""
HASH = ".sha256"
VERSION = ".version"


def fetch(url: str, target: Path, *, sha256: str = "") -> Path:
    """Fetches a file, whole or not at all; processes that want the same file wait for the first.

    What has arrived so far lies in `<target>.part` until the file is complete, and the server's
    name for that version in `<target>.part.version`. The hash is recorded in `<target>.sha256`.

    Args:
        url: of the file.
        target: where to put it; if it is there already, nothing is fetched.
        sha256: of the file, in hexadecimal, where it is known.

    Raises:
        OSError: the file could not be fetched, or not in full.
        ValueError: what was fetched has another hash; it is deleted.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with alone(target):
        if target.is_file():
            return target
        part = _beside(target, ".part")
        _go_on(url, part, is_known=bool(sha256))
        found = file_sha256(part)
        _beside(part, VERSION).unlink(missing_ok=True)
        if sha256 and found != sha256:
            part.unlink()
            raise ValueError(
                f"{url} must have the SHA-256 {sha256}, but what came has {found}: it was thrown "
                f"away, try again."
            )
        _beside(target, HASH).write_text(found + "\n")
        part.replace(target)
    return target


def record_hash(file: Path) -> None:
    """Notes the hash of a file beside it, for `refuse_changed`."""
    _beside(file, HASH).write_text(file_sha256(file) + "\n")


def refuse_changed(file: Path) -> None:
    """Checks a fetched file against the hash that was recorded for it, where one was.

    Raises:
        ValueError: the file is not what was fetched.
    """
    record = _beside(file, HASH)
    if record.is_file():
        refuse_other_hash(file, record.read_text().split()[0])


def refuse_other_hash(file: Path, sha256: str) -> None:
    """Checks a file against the hash of its original.

    Raises:
        ValueError: it has another.
    """
    found = file_sha256(file)
    if found != sha256:
        raise ValueError(
            f"{file} must have the SHA-256 {sha256} that it had when it was fetched, but has "
            f"{found}: delete it to have it fetched again."
        )


def file_sha256(file: Path) -> str:
    """Hash of a file of any size, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _go_on(url: str, part: Path, *, is_known: bool) -> None:
    """Fetches what is still missing of a file; all of it where it has changed since."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers=_what_is_missing(part, is_known=is_known))
    try:
        with urllib.request.urlopen(request, timeout=SILENCE_SECONDS) as response:
            resumed = response.status == 206
            with part.open("ab" if resumed else "wb") as stream:
                if not resumed:
                    _note_version(response, part)
                shutil.copyfileobj(response, stream, CHUNK_BYTES)
            _refuse_short(response, part, before=have if resumed else 0)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing is missing
            raise


def _what_is_missing(part: Path, *, is_known: bool) -> dict[str, str]:
    """Asks for the rest of a file if it is still the same, else for all of it (RFC 9110, 13.1.5).

    Where the server names no version, only the known hash would reveal parts of two files.
    """
    version = _beside(part, VERSION)
    if not part.is_file() or not (is_known or version.is_file()):
        return {}
    same = {"If-Range": version.read_text()} if version.is_file() else {}
    return {"Range": f"bytes={part.stat().st_size}-"} | same


def _note_version(response: Any, part: Path) -> None:
    tag = response.headers.get("ETag", "")
    weak = not tag or tag.startswith("W/")  # of no use for parts of a file
    name = response.headers.get("Last-Modified", "") if weak else tag
    version = _beside(part, VERSION)
    if name:
        version.write_text(name)
    else:
        version.unlink(missing_ok=True)


def _refuse_short(response: Any, part: Path, *, before: int) -> None:
    announced = response.headers.get("Content-Length")
    came = part.stat().st_size - before
    if announced and came < int(announced):
        raise OSError(f"the connection broke off after {came} of {announced} bytes")


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """A context that only one process enters at a time."""
    with _beside(target, ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(target.name + suffix)
