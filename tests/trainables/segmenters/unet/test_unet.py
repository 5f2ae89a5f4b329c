import json

import numpy as np
import pytest
import torch

from tests.trainables.segmenters.contract import otherwise_seeded, predict, simulated_sample
from trainables.networks import blending as tiles
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.unet.segmenter import Unet
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec
from trainables.training.contract import Extra, NoCheckpoints


def trial(segmenter=None, **training) -> TrialSpec:
    return TrialSpec(
        stage="search",
        arm="unet",
        study_seed=1,
        seed=1,
        data=DataSpec(split="test", annotation_count=2, draw=0),
        segmenter=segmenter or UnetSpec(encoder="resnet18", depth=3),
        training=TrainingSpec(crop_px=64, batch_size=4, learning_rate=3e-3, **training),
    )


@pytest.fixture(scope="module")
def trained() -> Unet:
    unet = Unet(trial(images_seen=160, evaluations=1), channels=1)
    unet.fit(
        [simulated_sample("a"), simulated_sample("b")],
        extra=Extra(),
        validation=[simulated_sample("c")],
        randomness=Randomness((1,)),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    return unet


def test_the_study_the_draw_and_the_seed_decide_the_initial_weights(monkeypatch):
    drawn = []

    def build(*given, **named):
        drawn.append(float(torch.rand(())))
        return torch.nn.Conv2d(1, 1, 1)

    monkeypatch.setattr("trainables.segmenters.unet.segmenter.build_unet", build)
    for spec in (trial(), *otherwise_seeded(trial()), trial()):
        Unet(spec, channels=1)
    assert len(set(drawn[:4])) == 4
    assert drawn[4] == drawn[0]


def test_forty_steps_teach_it_to_find_bright_disks(trained):
    sample = simulated_sample("unseen")
    known = sample.labels >= 0
    found = predict(trained, sample.image)[known] > 0
    truth = sample.labels[known] > 0
    assert (found & truth).sum() / (found | truth).sum() > 0.8


def test_inference_is_two_maps_of_probabilities(trained):
    maps = trained.infer(simulated_sample("unseen", shape=(50, 70)).image)
    assert maps.shape == (2, 50, 70)
    assert maps.dtype == np.float16
    assert (maps >= 0).all()
    assert (maps <= 1.001).all()
    assert (maps[0] <= maps[1] + 0.01).all()  # interior is a part of the foreground


def test_a_large_image_is_labelled_as_if_whole(trained, monkeypatch):
    image = simulated_sample("large", shape=(256, 320)).image
    whole = trained.infer(image).astype(np.float32)
    monkeypatch.setattr(
        tiles.process_in_tiles, "__kwdefaults__", {"tile_px": 128, "overlap_px": 64}
    )
    tiled = trained.infer(image).astype(np.float32)
    assert not np.array_equal(whole, tiled)
    assert np.abs(whole - tiled).mean() < 0.02


@pytest.mark.filterwarnings("ignore:`torch.jit.load` is deprecated:FutureWarning")
def test_the_exported_network_gives_the_same_probabilities(trained, tmp_path):
    path = trained.export(tmp_path)
    sample = simulated_sample("unseen", shape=(64, 96))
    exported = torch.jit.load(path)
    with torch.no_grad():
        classes = exported(torch.from_numpy(sample.image.transpose(2, 0, 1))[None])[0].numpy()
    assert classes.sum(axis=0) == pytest.approx(np.ones((64, 96)), abs=1e-5)
    interior, foreground = trained.infer(sample.image)
    # bfloat16 in the one, float32 in the other
    assert np.abs(classes[1] - interior).mean() < 0.02
    assert np.abs(1 - classes[0] - foreground).mean() < 0.02


def test_the_exported_settings_say_how_to_decode(trained, tmp_path):
    trained.export(tmp_path)
    settings = json.loads((tmp_path / "unet.json").read_text())
    assert settings["classes"] == {"background": 0, "interior": 1, "boundary": 2}
    assert settings["thresholds"] == trained.thresholds


def test_weights_may_come_from_images_with_fewer_channels(trained, tmp_path):
    trained.save(tmp_path)
    coloured = Unet(trial(), channels=3)
    coloured.initialise(tmp_path)
    image = simulated_sample("unseen").image
    difference = np.abs(coloured.infer(image.repeat(3, axis=2)) - trained.infer(image))
    assert difference.mean() < 0.01


def test_a_spec_of_another_family_is_refused():
    with pytest.raises(ValueError, match="UnetSpec, but got CellposeSpec"):
        Unet(trial(CellposeSpec()), channels=1)
