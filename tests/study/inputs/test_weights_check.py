"""Weights of the wrong kind, or others than before, are refused before anything is trained."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from study.design import ARMS
from study.inputs.opened import open_study
from study.inputs.weights_check import refuse_changed_weights, try_weights
from study.place import Place
from study.plan import default_spec
from study.presets import quick
from study.store import Store
from tests.study.fakes import SPLITS
from tests.tiny_study import study as tiny_study
from tests.trainables.segmenters.cellpose.tiny_vit import make_tiny
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.unet.segmenter import Unet
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import TrialSpec, WeightsSpec

UNET = default_spec(quick(), ARMS["unet_transfer"], SPLITS)


def from_file(file: Path) -> TrialSpec:
    """A trial of Cellpose's ViT that starts from a file."""
    return dataclasses.replace(
        default_spec(quick(), ARMS["cellpose"], SPLITS),
        segmenter=CellposeSpec(backbone="cpsam"),
        training=TrainingSpec(crop_px=256),
        weights=WeightsSpec(kind="pretrained", origin="public", name=str(file)),
    )


def test_a_study_does_not_begin_with_a_file_that_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "resnet18.pth"
    file.write_text("no weights")
    setup = dataclasses.replace(tiny_study().setup("unet"), public_weights=str(file))
    study = dataclasses.replace(tiny_study(), arms=("unet_transfer",)).with_setups(unet=setup)
    with pytest.raises(ValueError, match=r"resnet18\.pth cannot be read as one") as caught:
        open_study(study, Place(folder=tmp_path / "study"))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "study" / "study.json").exists()


@pytest.mark.parametrize("old_format", [False, True])
def test_a_model_of_cellpose_3_is_named_before_the_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old_format: bool
) -> None:
    make_tiny(monkeypatch)
    file = tmp_path / "cyto3"
    weights = {"downsample.down.res_down_0.conv.conv_0.0.weight": torch.zeros(3)}
    torch.save(weights, file, _use_new_zipfile_serialization=not old_format)
    with pytest.raises(ValueError, match=r"cyto3 .* it is a model of Cellpose 1 to 3"):
        try_weights(from_file(file), file, channels=1)


def test_a_file_that_was_not_copied_whole_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny(monkeypatch)
    file = tmp_path / "cpsam"
    torch.save({"W2": torch.zeros(1000)}, file)
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"cpsam cannot be read as one .* copy it whole"):
        try_weights(from_file(file), file, channels=1)


def test_a_broken_model_of_another_study_is_named(tmp_path: Path) -> None:
    Unet(UNET, channels=1).save(tmp_path)
    try_weights(UNET, tmp_path, channels=3)
    kept = tmp_path / "network.pt"
    kept.write_bytes(kept.read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"must hold weights of unet, but they cannot be read"):
        try_weights(UNET, tmp_path, channels=1)


def test_a_study_does_not_go_on_from_other_weights(tmp_path: Path) -> None:
    store = Store(tmp_path)
    refuse_changed_weights({"cellpose": "a1"}, store)
    entries = [
        {"arm": "unet_transfer", "name": "source", "sha256": ""},
        {"arm": "cellpose", "name": "cpsam", "sha256": "a1"},
    ]
    store.write_text("study.json", json.dumps({"weights": entries}))
    refuse_changed_weights({"cellpose": "a1", "unet": "c3"}, store)
    with pytest.raises(ValueError, match=r"cpsam of cellpose must be .* a1, .* others, of b2"):
        refuse_changed_weights({"cellpose": "b2"}, store)


def test_the_weights_of_a_study_that_goes_on_are_compared(tmp_path: Path) -> None:
    file = tmp_path / "cpsam"
    file.write_bytes(b"other weights")
    family = dataclasses.replace(
        quick().setup("cellpose"),
        segmenter=CellposeSpec(backbone="cpsam"),
        public_weights=str(file),
    )
    study = dataclasses.replace(quick(), arms=("cellpose",)).with_setups(cellpose=family)
    entry = {"arm": "cellpose", "name": str(file), "sha256": "a1"}
    begun = {"hash": study.hash, "weights": [entry]}
    Store(tmp_path).write_text("study.json", json.dumps(begun))
    with pytest.raises(ValueError, match="must be those that this study began with"):
        open_study(study, Place(folder=tmp_path))
