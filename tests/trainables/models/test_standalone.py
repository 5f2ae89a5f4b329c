"""The file that goes with an exported network gives the labels that this project gives."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from study.take_home.predict import predict_file
from tests.trainables.segmenters.contract import simulated_sample
from trainables.models.model import Model
from trainables.models.standalone import write_loader
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.families import family_of
from trainables.segmenters.made import make_segmenter
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.take_home import Loader
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, SegmenterSettings, TrialSpec
from trainables.training import device as torch_device
from trainables.training.contract import Extra, NoCheckpoints


@pytest.fixture(autouse=True)
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else this project computes in bfloat16 where the CPU can, and rounds otherwise."""
    monkeypatch.setattr(torch_device, "multiplies_bfloat16", lambda device: False)


def loader_for(settings: SegmenterSettings) -> Loader | None:
    return family_of(settings).take_home.loader(settings)


def trained(segmenter: SegmenterSettings, *, channels: int, scale: float) -> Model:
    spec = TrialSpec(
        stage="confirm",
        arm="unet",
        study_seed=1,
        seed=1,
        data=DataSpec(split="test", annotation_count=2, draw=0),
        segmenter=segmenter,
        training=TrainingSpec(
            images_seen=80, evaluations=1, batch_size=4, crop_px=64, learning_rate=3e-3
        ),
    )
    made = make_segmenter(spec, channels=channels)
    made.fit(
        [simulated_sample("a", channels=channels)],
        extra=Extra(),
        validation=[simulated_sample("c", channels=channels)],
        randomness=Randomness((1,)),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    return Model(spec=spec, segmenter=made, channels=channels, scale=scale)


@pytest.mark.parametrize(
    ("segmenter", "channels", "scale"),
    [
        (UnetSpec(encoder="resnet18", depth=3), 1, 1.0),
        (UnetSpec(encoder="resnet18", depth=3), 3, 1.3),
        (CellposeSpec(backbone="compact"), 1, 0.8),
        (CellposeSpec(backbone="mediar", encoder="mit_b0"), 1, 1.0),
    ],
    ids=["unet", "unet colour", "compact", "mediar"],
)
def test_the_loader_gives_the_same_labels_without_this_project(
    segmenter: SegmenterSettings, channels: int, scale: float, tmp_path: Path
) -> None:
    model = trained(segmenter, channels=channels, scale=scale)
    image = simulated_sample("other", shape=(110, 90)).image[:, :, 0]
    file = tmp_path / "image.tif"
    tifffile.imwrite(file, (3000 + 5000 * image).clip(0).astype(np.uint16))
    ours = predict_file(model, file)
    assert ours.max() > 2
    np.testing.assert_array_equal(labels_by_loader(model, file, folder=tmp_path), ours)


def test_colour_is_made_grey_before_it_is_normalised(tmp_path: Path) -> None:
    model = trained(UnetSpec(encoder="resnet18", depth=3), channels=1, scale=1.0)
    cells = simulated_sample("other", shape=(110, 90)).image[:, :, 0].clip(0, 1)
    noise = np.random.default_rng(0).random((2, *cells.shape))
    # Red has the cells; green and blue are nearly empty, and would be all noise if normalised.
    colour = np.stack([30 + 200 * cells, 5 * noise[0], 5 * noise[1]], axis=2).astype(np.uint8)
    file = tmp_path / "image.tif"
    tifffile.imwrite(file, colour, photometric="rgb")
    ours = predict_file(model, file)
    assert ours.max() > 2
    np.testing.assert_array_equal(labels_by_loader(model, file, folder=tmp_path), ours)


def labels_by_loader(model: Model, file: Path, *, folder: Path) -> np.ndarray:
    """What the exported network and its script make of an image file, run outside this project."""
    exported = model.segmenter.export(folder)
    loader = loader_for(model.spec.segmenter)
    assert loader is not None
    script = write_loader(
        loader,
        folder,
        network_file=exported.name,
        channels=model.channels,
        scale=model.scale,
        thresholds=model.segmenter.thresholds,
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", script, file, "--out", folder / "labels"],
        check=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        cwd=folder,
    )
    return tifffile.imread(folder / "labels" / f"{file.stem}_labels.tif")


def test_the_loader_imports_nothing_of_this_project(tmp_path: Path) -> None:
    loader = loader_for(UnetSpec())
    assert loader is not None
    script = write_loader(
        loader, tmp_path, network_file="n.pt", channels=1, scale=1.0, thresholds={}
    )
    tree = ast.parse(script.read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "skimage.segmentation" in modules
    assert not any((module or "").startswith("trainables") for module in modules)


def test_what_its_own_tools_open_needs_no_loader() -> None:
    assert loader_for(StardistSpec()) is None
    assert loader_for(CellposeSpec(backbone="cpsam")) is None
