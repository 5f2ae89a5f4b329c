"""Weights reach machines that do not have the driver's files, on a real Ray of one core."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

from study.machines import start_ray, stop_ray
from study.shared_weights import shared_weights


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[None]:
    start_ray("")
    yield
    stop_ray()


def fetch(read: Callable[[], Path], cache: Path) -> tuple[Path, dict[str, bytes], int]:
    """Where a machine with this cache finds a model, what its files hold, and when they were
    written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        model = read()
    files = [model] if model.is_file() else sorted(model.iterdir())
    contents = {file.name: file.read_bytes() for file in files}
    return model, contents, files[0].stat().st_mtime_ns


def test_a_machine_without_the_files_gets_their_bytes_once(tmp_path: Path) -> None:
    file, folder = tmp_path / "cpsam", tmp_path / "2D_versatile_fluo"
    file.write_bytes(b"weights")
    folder.mkdir()
    for name in ("config.json", "thresholds.json", "weights_best.h5", "log.txt"):
        (folder / name).write_text(name)
    shared = shared_weights({"cellpose": file, "stardist": folder}, on_cluster=True)
    file.unlink()
    for one in folder.iterdir():
        one.unlink()

    cache = tmp_path / "cache"
    elsewhere: Any = ray.remote(num_cpus=0)(fetch)
    found, contents, written = ray.get(elsewhere.remote(shared["cellpose"], cache))
    assert contents == {"cpsam": b"weights"}
    assert found.is_relative_to(cache)
    again = ray.get(elsewhere.remote(shared["cellpose"], cache))
    assert again == (found, contents, written)

    _, contents, _ = ray.get(elsewhere.remote(shared["stardist"], cache))
    assert {name: text.decode() for name, text in contents.items()} == {
        name: name for name in ("config.json", "thresholds.json", "weights_best.h5")
    }


def test_other_weights_of_the_same_name_are_kept_apart(tmp_path: Path) -> None:
    found = []
    for content in (b"one", b"other"):
        (tmp_path / "cpsam").write_bytes(content)
        read = shared_weights({"cellpose": tmp_path / "cpsam"}, on_cluster=True)["cellpose"]
        model, contents, _ = fetch(read, tmp_path / "cache")
        assert contents == {"cpsam": content}
        found.append(model)
    assert found[0] != found[1]


def test_one_machine_uses_the_files_as_they_lie(tmp_path: Path) -> None:
    assert shared_weights({"unet": tmp_path}, on_cluster=False)["unet"]() == tmp_path
