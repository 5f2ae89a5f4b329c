"""Only one process at a time writes to a study's folder."""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from study.place import Place

LOCK_FILE = ".lock"
"""File in each folder that a study writes to, naming the process that does."""
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def one_writer(place: Place) -> Iterator[None]:
    """A context that keeps all other processes from running a study in the same folders.

    The system releases the lock however the process ends, even when killed. On NFS it also holds
    between machines, where the server supports locks; a file system without locks, and a store
    that is not a folder, such as S3, are not guarded.

    Raises:
        ValueError: another process is writing to one of the folders.
    """
    store = place.store
    folders = {place.folder.absolute(): None} | ({store.root: None} if store.is_local else {})
    with ExitStack() as held:
        for folder in folders:
            held.enter_context(_locked(Path(folder)))
        yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"A study is written by one process at a time, but {folder} is being written by "
                f"{_writer(file)}: wait until it has ended, or name another folder with --out."
            ) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        _sign(file)
        yield


def _sign(file: TextIO) -> None:
    """Records who holds the lock, so that another machine sees it at once."""
    file.truncate(0)
    json.dump({"process": os.getpid(), "host": socket.gethostname()}, file)
    file.flush()
    os.fsync(file.fileno())


def _writer(file: TextIO) -> str:
    file.seek(0)
    try:
        holder = json.load(file)
    except ValueError:  # it has not signed yet
        return "another process"
    return f"process {holder['process']} on host {holder['host']}"
