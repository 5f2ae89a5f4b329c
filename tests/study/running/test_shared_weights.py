"""Weights reach machines that do not have the driver's files, on a real Ray of one core."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import ray

from study.running.machines import start_ray, stop_ray
from study.running.shared_weights import shared_weights


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[None]:
    start_ray("")
    yield
    stop_ray()


def test_a_machine_without_the_files_gets_their_bytes_once(tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    # A local function travels as it is: a worker would else import this file and all it imports.
    @ray.remote(num_cpus=0)
    def fetch(reads: list[Callable[[], Path]]) -> list[Path]:
        os.environ["XDG_CACHE_HOME"] = str(cache)
        return [read() for read in reads]

    file, folder = tmp_path / "cpsam", tmp_path / "2D_versatile_fluo"
    file.write_bytes(b"weights")
    folder.mkdir()
    for name in ("config.json", "thresholds.json", "weights_best.h5", "log.txt"):
        (folder / name).write_text(name)
    shared = shared_weights({"cellpose": file, "stardist": folder}, on_cluster=True)
    file.unlink()
    for one in folder.iterdir():
        one.unlink()

    model, model_folder = ray.get(fetch.remote([shared["cellpose"], shared["stardist"]]))
    assert model.is_relative_to(cache)
    assert (model.name, model.read_bytes()) == ("cpsam", b"weights")
    assert {one.name: one.read_text() for one in model_folder.iterdir()} == {
        name: name for name in ("config.json", "thresholds.json", "weights_best.h5")
    }
    written = model.stat().st_mtime_ns
    assert ray.get(fetch.remote([shared["cellpose"]])) == [model]
    assert model.stat().st_mtime_ns == written


def test_other_weights_of_the_same_name_are_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = []
    for content in (b"one", b"other"):
        (tmp_path / "cpsam").write_bytes(content)
        found.append(shared_weights({"it": tmp_path / "cpsam"}, on_cluster=True)["it"]())
    assert [file.read_bytes() for file in found] == [b"one", b"other"]


def test_one_machine_uses_the_files_as_they_lie(tmp_path: Path) -> None:
    assert shared_weights({"unet": tmp_path}, on_cluster=False)["unet"]() == tmp_path
