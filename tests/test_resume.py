"""A study killed at any moment goes on with the same command, to the same numbers."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from study.store import Store
from trainables.results.result import TrialResult

STUDY_FILE = """
import dataclasses
from tests.tiny_study import study as tiny

def study():
    return dataclasses.replace(tiny(), arms=("unet", "unet_copy_paste"), ablate=())
"""


@pytest.fixture(scope="module")
def study_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("study") / "two_arms.py"
    file.write_text(STUDY_FILE)
    return file


def start(study_file: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "study", "run", str(study_file), "--out", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A test run that was started in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        cwd=Path(__file__).resolve().parents[1],
    )


def finish(study_file: Path, folder: Path) -> None:
    run = start(study_file, folder)
    printed, _ = run.communicate(timeout=600)
    assert run.returncode == 0, printed


def wait_for(run: subprocess.Popen[str], words: str) -> None:
    """Reads what the study prints until a line has the words."""
    assert run.stdout is not None
    for line in run.stdout:
        if words in line:
            return
    raise AssertionError(f"the study ended without printing {words!r}")


def confirmed(folder: Path) -> dict[str, tuple[object, ...]]:
    """What must not depend on how often a study was interrupted."""
    return {
        trial_id: _numbers(result)
        for trial_id, result in Store(folder).results().items()
        if result.spec.stage == "confirm"
    }


def _numbers(result: TrialResult) -> tuple[object, ...]:
    losses = tuple((one.images_seen, one.loss) for one in result.progress)
    return losses, result.thresholds, result.validation, result.test


@pytest.fixture(scope="module")
def uninterrupted(study_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    finish(study_file, folder)
    return folder


@pytest.mark.parametrize(
    ("how", "when"),
    [
        (signal.SIGINT, "search: unet"),
        (signal.SIGKILL, "confirm: unet"),
    ],
)
def test_a_killed_study_ends_with_the_same_numbers(
    how: signal.Signals, when: str, study_file: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    run = start(study_file, tmp_path / "s")
    wait_for(run, when)
    os.kill(run.pid, how)
    run.communicate(timeout=120)
    assert run.returncode != 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "s" / "results").glob("*")}

    finish(study_file, tmp_path / "s")

    assert confirmed(tmp_path / "s") == confirmed(uninterrupted)
    assert len(confirmed(uninterrupted)) == 2
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())


def test_a_killed_worker_is_replaced(study_file: Path, uninterrupted: Path, tmp_path: Path) -> None:
    run = start(study_file, tmp_path / "s")
    wait_for(run, " done in ")
    assert kill_workers(run.pid)
    printed, _ = run.communicate(timeout=600)

    assert run.returncode == 0, printed
    assert confirmed(tmp_path / "s") == confirmed(uninterrupted)


def kill_workers(driver: int) -> int:
    """Kills the processes in which trials of this driver run; returns how many."""
    killed = 0
    for process in psutil.Process(driver).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.name().startswith("ray::Implicit"):
                process.kill()
                killed += 1
    return killed
