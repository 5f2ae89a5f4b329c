"""A U-Net's encoder may start from published weights, from a file or by name."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from tests.trainables.segmenters.unet.test_unet import trial
from trainables.networks import encoder_weights
from trainables.networks.encoder_weights import find_encoder_weights, load_encoder
from trainables.segmenters.unet.segmenter import Unet
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.trial_spec import TrialSpec, WeightsSpec


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A resnet18 as torchvision saves it, classifier included, with random weights."""
    torch.manual_seed(5)
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), path)
    return path


def from_file(path: Path, **settings: object) -> TrialSpec:
    weights = WeightsSpec(kind="pretrained", origin="public", name=str(path))
    return dataclasses.replace(trial(**settings), weights=weights)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_encoder_has_the_weights_of_the_file(file: Path, channels: int) -> None:
    unet = Unet(from_file(file), channels=channels)
    unet.infer(np.zeros((32, 32, channels), np.float32))
    published = torch.load(file, weights_only=True)
    own = unet._network.encoder.state_dict()
    assert torch.equal(own["layer4.1.conv2.weight"], published["layer4.1.conv2.weight"])
    assert torch.equal(own["bn1.running_var"], published["bn1.running_var"])
    first = published["conv1.weight"]
    torch.testing.assert_close(own["conv1.weight"].sum(dim=1), first.sum(dim=1))
    if channels == 3:
        assert torch.equal(own["conv1.weight"], first)


def test_a_file_that_is_handed_over_serves_where_the_name_means_nothing(file: Path) -> None:
    unet = Unet(from_file(Path("imagenet")), channels=3)
    unet.initialise(file)
    unet.infer(np.zeros((32, 32, 3), np.float32))
    published = torch.load(file, weights_only=True)
    assert torch.equal(unet._network.encoder.conv1.weight, published["conv1.weight"])


def test_a_saved_model_needs_the_file_no_more(file: Path, tmp_path: Path) -> None:
    one = Unet(from_file(file), channels=1)
    one.save(tmp_path)
    other = Unet(from_file(tmp_path / "gone"), channels=1)
    other.load(tmp_path)
    image = np.random.default_rng(0).random((32, 32, 1), np.float32)
    np.testing.assert_array_equal(other.infer(image), one.infer(image))


def test_a_file_of_safetensors_is_read(file: Path, tmp_path: Path) -> None:
    save_file(torch.load(file, weights_only=True), tmp_path / "one.safetensors")
    unet = Unet(trial(), channels=3)
    load_encoder(unet._network.encoder, tmp_path / "one.safetensors", channels=3)
    published = torch.load(file, weights_only=True)
    assert torch.equal(unet._network.encoder.conv1.weight, published["conv1.weight"])


def test_a_file_of_another_encoder_is_named(file: Path) -> None:
    unet = Unet(trial(UnetSpec(encoder="resnet34", depth=3)), channels=1)
    with pytest.raises(ValueError, match=r"resnet18\.pth has no fitting 'layer1\.2"):
        load_encoder(unet._network.encoder, file, channels=1)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(ValueError, match=r"text\.pth cannot be read"):
        load_encoder(Unet(trial(), channels=1)._network.encoder, tmp_path / "text.pth", channels=1)


def test_a_name_is_looked_up_and_fetched_only_where_that_was_asked_for(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hub(repository: str, *, filename: str, revision: str, local_files_only: bool) -> str:
        assert repository == "smp-hub/resnet18.imagenet"
        if local_files_only:
            raise FileNotFoundError(filename)
        return str(file)

    monkeypatch.setattr(encoder_weights, "hf_hub_download", hub)
    with pytest.raises(ValueError, match="not here and cannot be fetched") as caught:
        find_encoder_weights("resnet18", "imagenet")
    assert "name the file" in str(caught.value)
    assert find_encoder_weights("resnet18", "imagenet", may_download=True) == file


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no 'cpsam'"):
        find_encoder_weights("resnet18", "cpsam")
