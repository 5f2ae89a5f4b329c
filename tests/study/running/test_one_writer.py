"""Two processes never run a study in one folder; a killed one leaves no lock behind."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from study.place import Place
from study.running.one_writer import one_writer

HOLD = """
import sys, time
from pathlib import Path
from study.running.one_writer import one_writer
from study.place import Place

with one_writer(Place(folder=Path(sys.argv[1]), storage=sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""
STUDY_FILE = """
from study.presets import quick

def study():
    return quick()
"""


def test_a_second_run_is_refused_and_told_who_writes(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(STUDY_FILE)
    folder = tmp_path / "s"
    with one_writer(Place(folder=folder)):
        second = subprocess.run(
            [sys.executable, "-m", "study", "run", str(tmp_path / "mine.py"), "--out", str(folder)],
            capture_output=True,
            text=True,
            cwd=Path(__file__).resolve().parents[3],
        )
    assert second.returncode == 1
    who = f"{folder} is being written by process {os.getpid()} on host {socket.gethostname()}:"
    assert who in second.stderr
    assert "Traceback" not in second.stderr
    assert [path.name for path in folder.iterdir()] == [".lock"]


@pytest.mark.parametrize("shared", ["folder", "storage"])
def test_a_killed_process_gives_both_folders_free(shared: str, tmp_path: Path) -> None:
    place = Place(folder=tmp_path / "s", storage=str(tmp_path / "all"))
    theirs = {"folder": str(tmp_path / "theirs"), "storage": str(tmp_path / "elsewhere")}
    theirs[shared] = str(getattr(place, shared))
    command = [sys.executable, "-c", HOLD, theirs["folder"], theirs["storage"]]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        wanted = re.escape(f"{theirs[shared]} is being written by process {first.pid} on")
        with pytest.raises(ValueError, match=wanted), one_writer(place):
            pass
        first.kill()
        first.wait()
        with one_writer(place):
            pass


def test_a_file_system_without_locks_is_used_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("study.running.one_writer.fcntl.flock", unsupported)
    with one_writer(Place(folder=tmp_path)):
        assert (tmp_path / ".lock").exists()
