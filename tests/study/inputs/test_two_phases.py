"""MEDIAR's two phases: from ImageNet's encoder on a source, then on the annotated images."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from segmentation_models_pytorch.encoders import get_encoder

from study.command_line.options import RunOptions, study_of
from study.design import ARMS, Setup
from study.inputs.initial_weights import find_published_models, model_of
from study.plan import default_spec, source_fit
from study.presets import quick
from tests.study.fakes import SPLITS
from tests.tiny_study import study as tiny_study
from tests.trainables.segmenters.contract import simulated_sample
from trainables.data.trial_data import TrialData
from trainables.models.model import Model
from trainables.results.model_files import ABOUT_FILE
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.spec.flat import flatten
from trainables.spec.trial_spec import TrialSpec, WeightsSpec
from trainables.training.contract import NoCheckpoints
from trainables.trial import run_trial

MEDIAR = CellposeSpec(backbone="mediar", encoder="mit_b0")


def mediar(*, network: str, weights: str = "") -> Setup:
    options = RunOptions(
        preset="quick",
        network=(f"cellpose={network}",),
        weights=(f"cellpose={weights}",) if weights else None,
    )
    return study_of(options).setup("cellpose")


def test_the_network_and_its_encoders_weights_are_options() -> None:
    chosen = mediar(network="mediar", weights="imagenet")
    assert chosen.segmenter == MEDIAR
    assert (chosen.encoder_weights, chosen.public_weights) == ("imagenet", "")
    assert mediar(network="mediar:mit_b5").segmenter.encoder == "mit_b5"
    assert mediar(network="compact") == quick().setup("cellpose")
    vit = mediar(network="cpsam", weights="cpsam_v2")
    assert (vit.public_weights, vit.training.crop_px) == ("cpsam_v2", 256)


def test_a_model_of_another_study_brings_its_own_network(tmp_path: Path) -> None:
    spec = default_spec(quick(), ARMS["cellpose"], SPLITS)
    (tmp_path / ABOUT_FILE).write_text(json.dumps({"spec": flatten(spec)}))
    with pytest.raises(ValueError, match="must be left out"):
        mediar(network="mediar", weights=str(tmp_path))


def test_a_network_without_such_an_encoder_is_refused() -> None:
    with pytest.raises(ValueError, match="encoder_weights are for a network that is first trained"):
        Setup(segmenter=CellposeSpec(backbone="cpsam"), encoder_weights="imagenet")


def test_the_second_phase_is_slower_and_starts_from_the_first() -> None:
    setup = Setup(segmenter=MEDIAR, encoder_weights="imagenet")
    study = quick().with_setups(cellpose=setup)
    first = source_fit(study, "cellpose", SPLITS)
    assert first.weights == WeightsSpec(kind="pretrained", origin="public", name="imagenet")
    second = default_spec(study, ARMS["cellpose"], SPLITS)
    assert second.weights == WeightsSpec(kind="pretrained", origin="source", name=first.id)
    assert second.training.learning_rate == pytest.approx(0.4 * first.training.learning_rate)
    assert source_fit(quick(), "cellpose", SPLITS).weights == WeightsSpec()


def test_both_phases_train_and_hand_on_their_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = tmp_path / "mit_b0.pth"
    torch.save(get_encoder("mit_b0", in_channels=3, depth=5, weights=None).state_dict(), file)
    setup = dataclasses.replace(
        tiny_study().setup("cellpose"), segmenter=MEDIAR, encoder_weights=str(file)
    )
    study = dataclasses.replace(tiny_study(), arms=("cellpose",)).with_setups(cellpose=setup)
    assert find_published_models(study) == {"cellpose": file}

    first, second = (
        source_fit(study, "cellpose", SPLITS),
        default_spec(study, ARMS["cellpose"], SPLITS),
    )
    pretrained = run(first, weights=model_of(study, "cellpose", file=file))
    published = torch.load(file, weights_only=True)
    assert _distance(pretrained, published) < 0.1  # a few steps away
    pretrained.save(tmp_path)
    tuned = run(second, weights=tmp_path)
    assert 0 < _distance(tuned, _encoder(pretrained)) < 0.1


def run(spec: TrialSpec, *, weights: Path) -> Model:
    """The model of a trial with one step on one simulated image."""
    training = dataclasses.replace(spec.training, images_seen=2, batch_size=2, evaluations=1)
    kept: list[Model] = []
    run_trial(
        dataclasses.replace(spec, training=training, threshold_tries=1),
        TrialData(
            training=[simulated_sample("training")],
            validation=[simulated_sample("validation")],
            weights=weights,
        ),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        keep_model=kept.append,
    )
    return kept[0]


def _encoder(model: Model) -> dict[str, torch.Tensor]:
    network = model.segmenter._network  # type: ignore[attr-defined]
    return dict(network.encoder.state_dict())


def _distance(model: Model, weights: dict[str, torch.Tensor]) -> float:
    """Largest difference of a weight in the encoder, but for what sees the image's channels."""
    own = _encoder(model)
    names = [name for name in own if own[name].shape == weights[name].shape]
    assert len(names) > len(own) - 3
    return max(float((own[name] - weights[name]).abs().max()) for name in names)
