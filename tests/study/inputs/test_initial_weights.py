"""Initial weights are found wherever they lie, and say what they were trained on."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from study.command_line.options import RunOptions, study_of
from study.design import ARMS, Setup
from study.inputs.initial_weights import find_own_model, find_published_models
from study.inputs.study_file import note_source_weights
from study.inputs.weights_facts import describe_weights
from study.plan import search_spec, source_fit
from study.presets import quick
from study.running.shared_weights import shared_weights
from study.store import Store
from tests.study.fakes import SPLITS, ended
from trainables.machine.downloads import file_sha256
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.flat import flatten
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import TrialSpec
from trainables.trial_inputs import _weights

STUDY = dataclasses.replace(quick(), arms=("unet_transfer", "cellpose"))


def confirmed(folder: Path, arm: str, *, f1: float) -> TrialSpec:
    """A study's confirmed training with this validation F1, and the model that it kept."""
    varied = {"training.learning_rate": f1}
    spec = dataclasses.replace(search_spec(quick(), ARMS[arm], SPLITS, varied), stage="confirm")
    Store(folder).write_result(ended(spec, f1=f1))
    about = {"spec": flatten(spec), "channels": 1, "scale": 1.0}

    def write(model: Path) -> None:
        (model / "model.json").write_text(json.dumps(about))
        (model / "network.pt").write_bytes(arm.encode())

    Store(folder).write_folder(f"models/{spec.id}", write)
    return spec


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another study, whose Cellpose was fine-tuned from weights with a licence."""
    folder = tmp_path / "other"
    folder.mkdir()
    weights = {"arm": "cellpose", "name": "cpsam", "licence": "CC-BY-NC-4.0", "seen": "unknown"}
    about = {
        "name": "quick",
        "dataset": {"name": "their cells", "content_hash": "theirs"},
        "weights": [weights | {"trained_on": "dsb2018, livecell"}],
    }
    (folder / "study.json").write_text(json.dumps(about))
    return folder


def data(content_hash: str = "ours", name: str = "cells") -> Any:
    return SimpleNamespace(dataset=SimpleNamespace(content_hash=content_hash, name=name))


def described(study: Any, arm: str, data: Any, source: Any = None) -> dict[str, str]:
    files = find_published_models(study)
    hashes = {segmenter: file_sha256(file) for segmenter, file in files.items()}
    return describe_weights(study, arm, data=data, source=source, hashes=hashes)


def test_another_studys_best_model_of_a_segmenter_or_an_arm_is_found(other: Path) -> None:
    confirmed(other, "unet", f1=0.9)
    worse = confirmed(other, "cellpose", f1=0.6)
    best = confirmed(other, "cellpose_scratch", f1=0.7)

    assert find_own_model(str(other), segmenter="cellpose") == other / "models" / best.id
    named = find_own_model(f"{other}:cellpose", segmenter="cellpose")
    assert named == other / "models" / worse.id
    assert find_own_model(str(named), segmenter="cellpose") == named
    assert find_own_model("cpsam", segmenter="cellpose") is None
    assert find_own_model(str(other.parent), segmenter="cellpose") is None


def test_a_study_without_such_a_model_is_named(other: Path) -> None:
    spec = confirmed(other, "unet", f1=0.9)
    with pytest.raises(ValueError, match="must hold a confirmed model of cellpose"):
        find_own_model(str(other), segmenter="cellpose")
    with pytest.raises(ValueError, match="holds one of unet"):
        find_own_model(str(other / "models" / spec.id), segmenter="stardist")


@pytest.mark.parametrize("name", ["unet.torchscript.pt", "cellpose_compact.torchscript.pt"])
def test_an_exported_network_is_sent_back_to_its_study(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    for given in (tmp_path, tmp_path / name):
        with pytest.raises(ValueError, match=r"is an export.*give the folder of the study"):
            find_own_model(str(given), segmenter="unet")


def test_of_confirmed_models_one_without_a_score_is_the_last(other: Path) -> None:
    scored = confirmed(other, "cellpose", f1=0.1)
    for arm in ("cellpose_scratch", "cellpose_gan"):
        spec = confirmed(other, arm, f1=0.2)
        Store(other).write_result(ended(spec, validation=()))
    assert find_own_model(str(other), segmenter="cellpose") == other / "models" / scored.id


def test_a_confirmed_model_that_is_gone_is_named(other: Path) -> None:
    spec = confirmed(other, "cellpose", f1=0.6)
    Store(other).remove_folder(f"models/{spec.id}")
    with pytest.raises(ValueError, match=f"The model {spec.id} is missing"):
        find_own_model(str(other), segmenter="cellpose")


def test_a_model_brings_its_network_into_the_study(other: Path) -> None:
    spec = confirmed(other, "cellpose", f1=0.6)
    study = study_of(RunOptions(preset="quick", weights=(f"cellpose={other}",)))

    assert study.setup("cellpose").segmenter == spec.segmenter == CellposeSpec()
    trial = search_spec(study, ARMS["cellpose"], SPLITS, {})
    assert (trial.weights.origin, trial.weights.name) == (
        "public",
        str(other / "models" / spec.id),
    )
    assert trial.training.crop_px == quick().setup("cellpose").training.crop_px


def test_how_a_model_was_trained_is_not_taken_over_with_its_network(tmp_path: Path) -> None:
    study = quick().with_setups(cellpose=Setup(segmenter=CellposeSpec(backbone="cpsam")))
    spec = search_spec(study, ARMS["cellpose"], SPLITS, {"training.lora_rank": 8})
    (tmp_path / "model.json").write_text(json.dumps({"spec": flatten(spec)}))
    (tmp_path / "network.pt").touch()

    study = study_of(RunOptions(preset="quick", weights=(f"cellpose={tmp_path}",)))
    assert study.setup("cellpose").segmenter == CellposeSpec(backbone="cpsam")
    for arm in ("cellpose", "cellpose_scratch"):
        trial = search_spec(study, ARMS[arm], SPLITS, {"training.schedule": "frozen_encoder"})
        assert trial.segmenter == CellposeSpec(backbone="cpsam")
        assert trial.training.lora_rank == 0


def test_a_study_cannot_make_lora_of_every_schedule() -> None:
    with pytest.raises(ValueError, match="lora_rank must be 0 in the settings of a study"):
        Setup(segmenter=CellposeSpec(backbone="cpsam"), training=TrainingSpec(lora_rank=8))


def test_a_model_of_another_study_hands_on_what_it_saw_and_its_licence(other: Path) -> None:
    spec = confirmed(other, "cellpose", f1=0.6)
    study = study_of(RunOptions(preset="quick", weights=(f"cellpose={other}",)))
    about = described(study, "cellpose", data())

    assert about["origin"] == "study"
    assert about["trained_on"] == "their cells, dsb2018, livecell"
    assert about["licence"] == "CC-BY-NC-4.0"
    assert about["seen"] == "unknown"
    assert about["sha256"] == file_sha256(other / "models" / spec.id / "network.pt")
    assert described(study, "cellpose", data("theirs"))["seen"] == "seen"


def test_a_source_model_of_another_study_has_seen_the_source_alone(other: Path) -> None:
    about = json.loads((other / "study.json").read_text())
    about["source"] = {"name": "their source", "content_hash": "source"}
    (other / "study.json").write_text(json.dumps(about))
    model = other / "models" / "abc"
    model.mkdir(parents=True)
    (model / "model.json").write_text(
        json.dumps({"spec": flatten(source_fit(quick(), "cellpose", SPLITS))})
    )
    (model / "network.pt").touch()
    study = study_of(RunOptions(preset="quick", weights=(f"cellpose={model}",)))

    told = described(study, "cellpose", data("theirs"))
    assert (told["trained_on"], told["seen"], told["licence"]) == ("their source", "unknown", "own")
    assert described(study, "cellpose", data("source"))["seen"] == "seen"


def test_published_weights_are_described_by_name_and_hash(tmp_path: Path) -> None:
    file = tmp_path / "cpsam"
    file.write_bytes(b"weights")
    study = study_of(RunOptions(preset="quick", weights=(f"cellpose={file}",)))
    about = described(study, "cellpose", data(name="dsb2018_fluo"))

    assert about["seen"] == "seen"
    assert about["licence"] == "CC-BY-NC-4.0"
    assert about["sha256"] == file_sha256(file)


def test_a_file_that_changed_since_it_was_fetched_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cpsam").write_bytes(b"weights")
    (tmp_path / "cpsam.sha256").write_text("0" * 64)
    study = study_of(RunOptions(preset="quick", weights=(f"cellpose={tmp_path / 'cpsam'}",)))
    with pytest.raises(ValueError, match="must have the SHA-256 0000"):
        find_published_models(study)


def test_a_source_that_is_the_data_set_itself_was_seen() -> None:
    study = dataclasses.replace(STUDY, source=dataclasses.replace(STUDY.source, path="/cells"))
    assert described(study, "cellpose", data("a"), data("a"))["seen"] == "seen"
    assert described(study, "cellpose", data("a"), data("b"))["seen"] == "unknown"
    assert described(STUDY, "cellpose", data("a"), data("b"))["seen"] == "unseen"


def test_the_hash_of_a_source_model_is_noted_once_it_is_trained(tmp_path: Path) -> None:
    store = Store(tmp_path)
    note_source_weights(STUDY, SPLITS, store)
    entries = [
        {"arm": "unet_transfer", "origin": "source", "sha256": ""},
        {"arm": "cellpose", "origin": "source", "sha256": ""},
    ]
    store.write_text("study.json", json.dumps({"name": "mine", "weights": entries}))
    trained = source_fit(STUDY, "cellpose", SPLITS)

    def write(model: Path) -> None:
        (model / "network.pt").write_bytes(b"weights")

    store.write_folder(f"models/{trained.id}", write)
    note_source_weights(STUDY, SPLITS, store)

    kept = json.loads((tmp_path / "study.json").read_text())
    assert kept["name"] == "mine"
    kept_file = tmp_path / "models" / trained.id / "network.pt"
    assert [one["sha256"] for one in kept["weights"]] == ["", file_sha256(kept_file)]


def test_an_encoder_file_is_found_for_the_unet_without_its_framework(tmp_path: Path) -> None:
    file = tmp_path / "resnet18.pth"
    file.write_bytes(b"weights")
    study = study_of(RunOptions(preset="quick", arms=("unet_transfer",), weights=(f"unet={file}",)))
    assert find_published_models(study) == {"unet": file}
    assert isinstance(study.setup("unet").segmenter, UnetSpec)


def test_a_training_starts_from_what_the_driver_found(tmp_path: Path) -> None:
    study = study_of(RunOptions(preset="quick", weights=("cellpose=cpsam",)))
    spec = search_spec(study, ARMS["cellpose"], SPLITS, {})
    weights = shared_weights({"cellpose": tmp_path / "cpsam"}, on_cluster=False)
    inputs: Any = SimpleNamespace(weights=weights, store=None)
    assert _weights(spec, inputs) == tmp_path / "cpsam"
