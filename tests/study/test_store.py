"""The store keeps files whole or not at all, on disk and in an object store alike."""

import errno
import shutil
from pathlib import Path

import pytest

from study.store import Store, full_disk_explained
from tests.specs import trial_of
from trainables.results.result import TrialResult

RESULT = TrialResult(trial_id="abc", spec=trial_of("search"), status="completed")


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store on disk, and one in fsspec's memory, which stands for S3."""
    return Store(tmp_path / "s" if request.param == "disk" else f"memory://{tmp_path.name}")


def test_results_come_back(store: Store) -> None:
    assert store.results() == {}
    assert store.result("abc") is None
    store.write_result(RESULT)
    assert store.result("abc") == RESULT
    assert store.results() == {"abc": RESULT}


def test_a_folder_is_replaced_as_a_whole(store: Store) -> None:
    def write_first(folder: Path) -> None:
        (folder / "deep").mkdir()
        (folder / "deep" / "old.txt").write_text("old")

    assert store.read_folder("models/m") is None
    store.write_folder("models/m", write_first)
    store.write_folder("models/m", lambda folder: (folder / "new.txt").write_text("new"))

    folder = store.read_folder("models/m")
    assert folder is not None
    assert (folder / "new.txt").read_text() == "new"
    if store.is_local:
        assert not (folder / "deep").exists()


def test_a_folder_that_failed_half_way_is_not_there(store: Store) -> None:
    def write_half(folder: Path) -> None:
        (folder / "a.txt").write_text("a")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        store.write_folder("models/m", write_half)

    assert store.read_folder("models/m") is None


def test_a_failed_rewrite_leaves_the_old_folder(store: Store) -> None:
    def fail(folder: Path) -> None:
        raise RuntimeError("power cut")

    store.write_folder("models/m", lambda folder: (folder / "a.txt").write_text("a"))
    with pytest.raises(RuntimeError):
        store.write_folder("models/m", fail)

    folder = store.read_folder("models/m")
    assert folder is not None
    assert (folder / "a.txt").read_text() == "a"


def test_checkpoints_come_back_until_cleared(store: Store) -> None:
    checkpoints = store.checkpoints("abc")
    assert checkpoints.load() is None
    checkpoints.save(lambda folder: (folder / "state").write_text("7"))

    again = Store(store.root if store.is_local else str(store.root)).checkpoints("abc")
    folder = again.load()
    assert folder is not None
    assert (folder / "state").read_text() == "7"
    again.clear()
    assert checkpoints.load() is None


def test_a_checkpoint_is_due_after_its_time(tmp_path: Path) -> None:
    assert Store(tmp_path, checkpoint_seconds=0).checkpoints("a").due()
    assert not Store(tmp_path, checkpoint_seconds=60).checkpoints("a").due()


def test_half_written_files_are_not_results(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_result(RESULT)
    (tmp_path / "results" / ".def.json.0123").write_text('{"half')
    assert list(store.results()) == ["abc"]


def test_a_full_disk_is_explained() -> None:
    with (
        pytest.raises(OSError, match=r"The disk is full.*run the same command again"),
        full_disk_explained(Path("/data/x")),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_named_relatively_is_the_same_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store("study")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.write_result(RESULT)
    assert (tmp_path / "study" / "results" / "abc.json").exists()


def test_a_full_disk_is_known_by_whatever_error_a_library_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise RuntimeError("unexpected pos 2747456 vs 2747352")

    store = Store(tmp_path)
    with pytest.raises(RuntimeError, match="unexpected pos"):
        store.write_folder("models/m", fail)

    usage = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match=r"The disk is full.*models/m") as raised:
        store.write_folder("models/m", fail)
    assert raised.value.errno == errno.ENOSPC


def test_a_file_that_is_no_result_is_named_with_what_to_do(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_result(RESULT)
    assert [head.trial_id for head in store.heads()] == ["abc"]
    store.write_text("results/half.json", '{"schema": 1, "tri')
    for read in (store.results, store.heads):
        with pytest.raises(ValueError, match=r"half\.json holds no result.*move it out"):
            read()
