"""The BioImage.IO package of an exported model is valid and true, and nothing is fetched for it."""

import dataclasses
import gc
import json
import socket
import sys
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import bioimageio.spec
import numpy as np
import pytest
import torch
import yaml

from study.command_line.export import Export
from study.kept_models import best_confirmed
from study.store import Store
from study.take_home.bioimageio_check import check_package
from study.take_home.bioimageio_package import Origin, licence_of, write_package
from study.take_home.export import require_bioimageio
from tests.reports.fake_study import FakeStudy
from tests.trainables.segmenters.cellpose.test_cellpose import SPEC
from tests.trainables.segmenters.cellpose.tiny_vit import make_tiny
from trainables.data.normalise import normalise
from trainables.models.model import Model, load_model
from trainables.segmenters.cellpose.networks import normalise_for_cpsam
from trainables.segmenters.cellpose.segmenter import Cellpose
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.made import make_segmenter
from trainables.training import device as torch_device

# bioimageio.spec 0.5.14 leaves the files that it has read open until they are collected.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

ARMS = {"unet": 1, "cellpose": 3}
"""Channels of the images that each arm's model takes."""
VIT = dataclasses.replace(SPEC, segmenter=CellposeSpec(backbone="cpsam"))


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="module", autouse=True)
def without_network() -> Iterator[None]:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"asked for the network: {args}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        # Else this project computes in bfloat16 where the CPU can, and rounds otherwise.
        patch.setattr(torch_device, "multiplies_bfloat16", lambda device: False)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invented study with networks of random weights in place of trained ones."""
    folder = FakeStudy(pictures=False).write(tmp_path_factory.mktemp("package") / "study")
    store = Store(folder)
    for arm, channels in ARMS.items():
        result = store.result(best_confirmed(store, arm=arm))
        assert result is not None
        spec = result.trial
        model = Model(
            spec=spec,
            segmenter=make_segmenter(spec, channels=channels),
            channels=channels,
            scale=1.5,
        )
        store.write_folder(f"models/{spec.id}", model.save)
    return folder


@pytest.fixture(scope="module")
def packages(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What `study export --bioimageio` writes of each arm."""
    out = tmp_path_factory.mktemp("export")
    for arm in ARMS:
        wish = Export(folder=folder, out=out, arm=arm, bioimageio=True, authors=("Ada Lovelace",))
        assert wish.run("") == 0
    return {arm: out / f"{arm}.bioimageio.zip" for arm in ARMS}


@pytest.mark.parametrize("arm", ARMS)
def test_who_does_what_the_package_says_gets_what_the_model_gives(
    arm: str, folder: Path, packages: dict[str, Path], tmp_path: Path
) -> None:
    zipfile.ZipFile(packages[arm]).extractall(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} >= {"README.md", "predict.py"}

    counts = np.random.default_rng(0).integers(200, 60_000, (96, 160, ARMS[arm]), np.uint16)
    store = Store(folder)
    segmenter = load_model(folder / "models" / best_confirmed(store, arm=arm)).segmenter
    ours = segmenter.infer(normalise(counts))
    expected = np.stack([1 - ours[1], ours[0], ours[1] - ours[0]]) if arm == "unet" else ours.maps
    image = counts.transpose(2, 0, 1)[np.newaxis].astype(np.float32)
    np.testing.assert_allclose(follow(tmp_path, image)[0], expected, atol=5e-3)

    given = np.load(tmp_path / "test_input.npy")
    assert given.max() > 1000, "not normalised"
    np.testing.assert_allclose(
        follow(tmp_path, given), np.load(tmp_path / "test_output.npy"), atol=1e-4
    )


def follow(package: Path, image: np.ndarray) -> np.ndarray:
    """What the network gives for float32 [N, C, H, W], normalised as the package says."""
    (description,) = package.glob("*.yaml")
    about = yaml.safe_load(description.read_text())
    (taken,) = about["inputs"]
    axes = [axis.get("id", axis["type"]) for axis in taken["axes"]]
    assert axes == ["batch", "channel", "y", "x"]
    (scale,) = [one for one in taken["preprocessing"] if one["id"] != "ensure_dtype"]
    assert scale["id"] == "scale_range"
    over = tuple(axes.index(axis) for axis in scale["kwargs"]["axes"])
    low, high = (
        np.percentile(image, scale["kwargs"][f"{end}_percentile"], axis=over, keepdims=True)
        for end in ("min", "max")
    )
    shown = ((image - low) / (high - low + 1e-6)).astype(np.float32)
    network = package / about["weights"]["torchscript"]["source"]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # TorchScript is deprecated in torch
        return torch.jit.load(network)(torch.from_numpy(shown)).numpy()


def test_the_package_says_where_the_model_comes_from(
    folder: Path, packages: dict[str, Path]
) -> None:
    about = bioimageio.spec.load_model_description(packages["cellpose"])
    assert about.validation_summary.status == "valid-format"
    assert about.format_version.startswith("0.5.")
    assert [author.name for author in about.authors] == ["Ada Lovelace"]
    assert str(about.license) == "BSD-3-Clause", "of the weights that it was trained from"
    assert [str(cited.doi) for cited in about.cite] == ["10.1038/s41592-020-01018-x"]
    assert {"2d", "cells", "instance-segmentation", "pytorch", "cellpose"} <= set(about.tags)
    (given,) = about.outputs
    assert given.axes[1].channel_names == ["flow_y", "flow_x", "cell_logit"]
    text = zipfile.ZipFile(packages["cellpose"]).read("README.md").decode()
    facts = json.loads((folder / "study.json").read_text())
    assert facts["split"]["hash"] in text
    assert "enlarged by\n1.5" in text


def test_a_package_of_the_vit_takes_tiles_as_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny(monkeypatch)
    segmenter = Cellpose(VIT, channels=2)
    segmenter.thresholds["flow"] = 0.7
    exported = segmenter.export(tmp_path)
    package = write_package(
        Model(spec=VIT, segmenter=segmenter, channels=2, scale=1.5),
        exported,
        folder=tmp_path,
        origin=Origin(title="Cellpose", card="", authors=("Ada Lovelace",), licence="MIT"),
    )
    zipfile.ZipFile(package).extractall(tmp_path / "unpacked")
    (settings,) = (tmp_path / "unpacked").glob("cellpose.json")
    assert json.loads(settings.read_text())["thresholds"]["flow"] == 0.7

    counts = np.random.default_rng(0).integers(200, 60_000, (256, 256, 2), np.uint16)
    shown = normalise_for_cpsam(normalise(counts)).transpose(2, 0, 1)[np.newaxis]
    with torch.no_grad():
        expected = segmenter._network(torch.from_numpy(shown.copy())).numpy()
    image = counts.transpose(2, 0, 1)[np.newaxis].astype(np.float32)
    np.testing.assert_allclose(follow(tmp_path / "unpacked", image), expected, atol=5e-3)
    about = bioimageio.spec.load_model_description(package)
    assert {axis.size for axis in about.inputs[0].axes[2:]} == {256}
    assert [str(cited.doi) for cited in about.cite][1] == "10.1101/2025.04.28.651001"


def test_a_package_whose_network_does_not_give_its_test_output_is_refused(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    zipfile.ZipFile(packages["cellpose"]).extractall(tmp_path)
    np.save(tmp_path / "test_output.npy", 1 + np.load(tmp_path / "test_output.npy"))
    (description,) = tmp_path.glob("*.yaml")
    about = yaml.safe_load(description.read_text())
    del about["outputs"][0]["test_tensor"]["sha256"]
    description.write_text(yaml.safe_dump(about))
    with pytest.raises(ValueError, match=r"refuses the package .* "):
        check_package(description)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "study.take_home.bioimageio_package")
    monkeypatch.setitem(sys.modules, "bioimageio.spec", None)
    with pytest.raises(ValueError, match=r'pip install -e "\.\[bioimageio\]"'):
        require_bioimageio()


def test_the_licence_is_a_known_one_that_the_weights_allow() -> None:
    assert licence_of("", weights_licence="BSD-3-Clause") == "BSD-3-Clause"
    assert licence_of("", weights_licence="own") == ""
    assert licence_of("CC-BY-4.0", weights_licence="BSD-3-Clause") == "CC-BY-4.0"
    with pytest.raises(ValueError, match=r"SPDX name of a licence.* got 'free'"):
        licence_of("free", weights_licence="")
    with pytest.raises(ValueError, match=r"must be CC-BY-NC-4\.0.* forbid commercial use"):
        licence_of("MIT", weights_licence="CC-BY-NC-4.0")
