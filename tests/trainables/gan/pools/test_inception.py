from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from tests.trainables.gan.cells import make_samples
from tests.trainables.test_gan_trial import SPEC
from trainables.data.trial_data import TrialData
from trainables.gan.pools import distances
from trainables.gan.pools.inception import FILE, MODEL, find_inception, inception_features
from trainables.gan_trial import run_gan_fit
from trainables.training.contract import NoCheckpoints


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights, as the library's own file of them would hold."""
    torch.manual_seed(0)
    network = timm.create_model(MODEL, pretrained=False, aux_logits=True)
    path = tmp_path_factory.mktemp("weights") / FILE
    save_file(network.state_dict(), path)
    return path


def crops(count: int, *, channels: int) -> np.ndarray:
    return np.random.default_rng(0).random((count, 64, 64, channels), np.float32)


def test_weights_are_found_where_the_hub_s_own_tool_puts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert find_inception() is None
    model = tmp_path / f"models--timm--{MODEL}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("abc")
    snapshot = model / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / FILE).touch()
    assert find_inception() == snapshot / FILE


def test_features_are_those_before_the_classifier(file: Path) -> None:
    images = crops(9, channels=3)
    found = inception_features(file)(images)
    network = timm.create_model(MODEL, pretrained=False, num_classes=0)
    network.load_state_dict(load_file(file), strict=False)
    large = torch.nn.functional.interpolate(
        torch.from_numpy(images).permute(0, 3, 1, 2), size=299, mode="bilinear", antialias=True
    )
    mean, std = (torch.tensor(network.pretrained_cfg[key]) for key in ("mean", "std"))
    with torch.inference_mode():
        wanted = network.eval()((large - mean[:, None, None]) / std[:, None, None]).numpy()
    assert found.shape == (9, 2048)
    assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()  # bfloat16
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.999


def test_grey_crops_are_seen_as_colour_and_values_beyond_the_range_as_its_ends(file: Path) -> None:
    features, grey = inception_features(file), crops(2, channels=1)
    assert np.array_equal(features(grey), features(grey.repeat(3, axis=3)))
    bright = grey + 5
    assert np.array_equal(features(bright), features(np.ones_like(grey)))


def test_a_file_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    wrong = tmp_path / "model.safetensors"
    save_file({"weight": torch.zeros(3)}, wrong)
    with pytest.raises(ValueError, match=str(wrong)):
        inception_features(wrong)


def test_a_fit_says_on_whose_features_it_was_measured(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, kid = make_samples(channels=3, count=3), {}
    for place in (None, file):
        monkeypatch.setattr(distances, "find_inception", lambda place=place: place)
        (tmp_path / str(bool(place))).mkdir()
        synthesis = run_gan_fit(
            SPEC,
            TrialData(training=samples[:2], validation=samples[2:]),
            report=lambda progress: None,
            checkpoints=NoCheckpoints(),
            folder=tmp_path / str(bool(place)),
        ).synthesis
        kid[synthesis["on_inception"]] = synthesis["kid"]
    assert kid.keys() == {0.0, 1.0}
    assert kid[0.0] != kid[1.0]
