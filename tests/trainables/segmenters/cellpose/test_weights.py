import re
from pathlib import Path

import pytest

from trainables.segmenters.cellpose.weights import NAMES, SHA256, find_public_weights


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Cellpose's folder of models, empty; a download is an error."""

    def refuse(url: str, target: Path, *, sha256: str) -> None:
        raise AssertionError(f"downloads {url}")

    monkeypatch.setattr("trainables.segmenters.cellpose.weights.fetch", refuse)
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    return tmp_path


def test_a_model_is_found_by_name_by_file_and_by_folder(folder: Path) -> None:
    for place in (folder / "cpsam", folder / "other" / "cpsam_v2", folder / "mine.pt"):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"weights")
    assert find_public_weights("cpsam") == folder / "cpsam"
    assert find_public_weights(str(folder / "mine.pt")) == folder / "mine.pt"
    assert find_public_weights(str(folder / "other")) == folder / "other" / "cpsam_v2"


@pytest.mark.parametrize("name", ["cpsam", "cpsam_v2", "/no/such/file", "cyto3", "cpdino"])
def test_a_missing_model_says_what_to_do_and_is_never_replaced(folder: Path, name: str) -> None:
    other = "cpsam" if name != "cpsam" else "cpsam_v2"
    (folder / other).write_bytes(b"weights of another model")
    with pytest.raises(ValueError, match="no public Cellpose model") as caught:
        find_public_weights(name)
    said = str(caught.value)
    assert repr(name) in said
    assert "CELLPOSE_LOCAL_MODELS_PATH" in said
    assert str(folder) in said
    assert "`source` weights" in said


def test_a_download_happens_only_where_it_was_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(url: str, target: Path, *, sha256: str) -> Path:
        assert sha256 == SHA256["cpsam"]
        target.write_text(url)
        return target

    monkeypatch.setattr("trainables.segmenters.cellpose.weights.fetch", write)
    with pytest.raises(ValueError, match="no public Cellpose model"):
        find_public_weights("cpsam")
    found = find_public_weights("cpsam", may_download=True)
    assert found == folder / "cpsam"
    assert found.read_text().endswith("/cpsam")
    with pytest.raises(ValueError, match="no public Cellpose model"):
        find_public_weights("cpsan", may_download=True)


def test_a_failed_download_is_one_sentence_that_names_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(url: str, target: Path, *, sha256: str) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("trainables.segmenters.cellpose.weights.fetch", fail)
    with pytest.raises(ValueError, match="no route to host"):
        find_public_weights("cpsam_v2", may_download=True)


def test_every_model_that_is_fetched_has_a_hash() -> None:
    assert set(SHA256) == set(NAMES)
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in SHA256.values())
