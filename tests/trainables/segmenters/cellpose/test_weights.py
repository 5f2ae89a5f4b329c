import re
from pathlib import Path

import pytest

from trainables.networks.public_weights import DATASETS, PUBLIC_WEIGHTS, licence_of, seen
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


@pytest.mark.parametrize(
    ("weights", "dataset", "answer"),
    [
        ("cpsam", "dsb2018_fluo", "seen"),
        ("/models/cpsam_v2", "LIVECell_train", "seen"),
        ("cpsam", "NuInsSeg", "seen"),
        ("2D_versatile_fluo", "BBBC038", "seen"),
        ("2D_versatile_fluo", "NuInsSeg", "unseen"),
        ("2D_versatile_he", "MoNuSeg", "seen"),
        ("cpsam", "simulated", "unseen"),
        ("cpsam", "usiigaci_phase", "unknown"),
        ("mine.pt", "dsb2018_fluo", "unknown"),
    ],
)
def test_what_weights_have_seen(weights: str, dataset: str, answer: str) -> None:
    assert seen(weights, dataset) == answer


def test_all_weights_name_known_data_sets_and_a_licence() -> None:
    for about in PUBLIC_WEIGHTS.values():
        assert set(about.trained_on) <= set(DATASETS)
        assert about.licence
    assert not PUBLIC_WEIGHTS["cpsam"].commercial_use
    assert PUBLIC_WEIGHTS["2D_versatile_fluo"].commercial_use


def test_every_model_that_is_fetched_has_a_hash() -> None:
    assert set(SHA256) == set(NAMES)
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in SHA256.values())


@pytest.mark.parametrize(
    ("weights", "encoder", "licence"),
    [
        ("imagenet", "resnet34", "BSD-3-Clause"),
        ("imagenet", "mit_b0", "LicenseRef-NVIDIA-Source-Code-License-NC"),
        ("imagenet", "timm-skresnet18", "unknown"),
        ("imagenet", "", "unknown"),
        ("/models/cpsam", "", "CC-BY-NC-4.0"),
        ("mine.pt", "resnet34", "unknown"),
    ],
)
def test_the_licence_of_an_encoder_is_that_of_those_who_trained_it(
    weights: str, encoder: str, licence: str
) -> None:
    assert licence_of(weights, encoder=encoder) == licence
