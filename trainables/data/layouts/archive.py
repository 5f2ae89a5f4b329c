"""Refuses a data set that is still packed, and says what to do with it."""

import tarfile
import zipfile
from pathlib import Path, PurePosixPath


def refuse_archive(path: Path) -> None:
    """Refuses archives, which their owner has to unpack, and says what is wrong with them.

    Raises:
        ValueError: the path is a zip or tar file; names a member that would leave the folder.
    """
    if not path.is_file():
        return
    members = _members(path)
    if members is None:
        return
    leaving = [name for name in members if _leaves(name)]
    if leaving:
        raise ValueError(
            f"{path} is an archive whose member {leaving[0]!r} leaves the folder it is unpacked "
            f"into: do not trust it, get the data set from its origin."
        )
    raise ValueError(f"{path} is an archive: unpack it and name the folder.")


def _members(path: Path) -> list[str] | None:
    if path.suffix.lower() == ".npz":
        return None
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            return tar.getnames()
    return None


def _leaves(name: str) -> bool:
    member = PurePosixPath(name.replace("\\", "/"))
    return member.is_absolute() or ".." in member.parts
