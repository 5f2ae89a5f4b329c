"""What BioImage.IO's tools must know of each family's network."""

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bioimageio.spec.model import v0_5

from trainables.data.normalise import HIGH_PERCENT, LOW_PERCENT
from trainables.models.loaders import CELLPOSE_MAPS, loader_for
from trainables.models.model import Model
from trainables.models.standalone import LOADER_FILE
from trainables.spec.trial_spec import CellposeSpec, SegmenterSpec, StardistSpec, UnetSpec, is_vit

SMALLEST_PX = 64
"""Least side of an image that a package promises to take."""
TEST_PX = 128
"""Least side of the test image."""
VIT_FILE = "cellpose_sam.torchscript.pt"
TENSORFLOW = "1.12.0"
"""The oldest version that the network of StarDist was read with."""

UNET = ("Ronneberger et al. 2015, U-Net", "10.1007/978-3-319-24574-4_28")
CELLPOSE = ("Stringer et al. 2021, Cellpose", "10.1038/s41592-020-01018-x")
CELLPOSE_SAM = ("Pachitariu et al. 2025, Cellpose-SAM", "10.1101/2025.04.28.651001")
MEDIAR = ("Lee et al. 2023, MEDIAR", "10.48550/arXiv.2212.03465")
STARDIST = ("Schmidt et al. 2018, StarDist", "10.1007/978-3-030-00934-2_30")


@dataclass(frozen=True, kw_only=True, slots=True)
class PackagedNetwork:
    """A network file, and how it is used."""

    weights: v0_5.WeightsDescr
    framework: str
    """Tag of the package."""
    run: Callable[[np.ndarray], np.ndarray]
    """What it gives for a normalised image; both float32 of one batch, in the order of axes."""
    channels_last: bool = False
    """NHWC in place of NCHW."""
    maps: tuple[str, ...]
    """What it gives, by channel."""
    sides: v0_5.ParameterizedSize | int
    """Pixels that an image may have along each side."""
    test_px: int
    """Side of the test image."""
    percentiles: tuple[float, float] = (LOW_PERCENT, HIGH_PERCENT)
    """Of each channel, that become 0 and 1."""
    files: tuple[Path, ...]
    """That go with it."""
    cells: str
    """Sentence: how the maps become cells."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What the family's own tools look for in the package, as StarDist writes it."""


def packaged(model: Model, exported: Path, *, parts: Path) -> PackagedNetwork:
    """The network of an exported model.

    Args:
        model: that was exported.
        exported: what its `export` returned.
        parts: folder for a network that the export has in another form.
    """
    segmenter = model.spec.segmenter
    if isinstance(segmenter, StardistSpec):
        return _stardist(model, exported)
    if is_vit(segmenter):
        return _vit(model, exported, parts)
    return _torchscript(model, exported)


def cited(segmenter: SegmenterSpec) -> tuple[tuple[str, str], ...]:
    """The papers to cite, each with its DOI."""
    if isinstance(segmenter, UnetSpec):
        return (UNET,)
    if isinstance(segmenter, StardistSpec):
        return (STARDIST,)
    assert isinstance(segmenter, CellposeSpec)
    if is_vit(segmenter):
        return CELLPOSE, CELLPOSE_SAM
    return (CELLPOSE, MEDIAR) if segmenter.backbone == "mediar" else (CELLPOSE,)


def _torchscript(model: Model, network: Path) -> PackagedNetwork:
    loader = loader_for(model.spec.segmenter)
    assert loader is not None
    return PackagedNetwork(
        weights=_torch_weights(network),
        framework="pytorch",
        run=lambda image: _run_torchscript(network, image),
        maps=loader.maps,
        sides=_multiples_of(loader.multiple_px),
        test_px=_at_least(TEST_PX, loader.multiple_px),
        files=(network.with_name(LOADER_FILE),),
        cells=f"`{LOADER_FILE}`, attached, makes cells of them with the thresholds above, and does "
        f"all the rest too: it enlarges, and goes tile by tile where images are large.",
    )


def _vit(model: Model, exported: Path, parts: Path) -> PackagedNetwork:
    """Cellpose's ViT as TorchScript, which takes tiles of one size."""
    from trainables.segmenters.cellpose.export import SETTINGS_FILE
    from trainables.segmenters.cellpose.networks import CPSAM_PERCENT, CPSAM_TILE_PX
    from trainables.segmenters.cellpose.segmenter import Cellpose

    assert isinstance(model.segmenter, Cellpose)
    network = parts / VIT_FILE
    model.segmenter.write_vit(network)
    return PackagedNetwork(
        weights=_torch_weights(network),
        framework="pytorch",
        run=lambda image: _run_torchscript(network, image),
        maps=CELLPOSE_MAPS,
        sides=CPSAM_TILE_PX,
        test_px=CPSAM_TILE_PX,
        percentiles=CPSAM_PERCENT,
        files=(exported.with_name(SETTINGS_FILE),),
        cells="Cellpose makes cells of them: the command above does it all, tiles and enlarging "
        "included, with its own file of this model, which is too large to be in here twice.",
    )


def _stardist(model: Model, folder: Path) -> PackagedNetwork:
    from trainables.segmenters.stardist.network import CONFIG_FILE, THRESHOLDS_FILE, WEIGHTS_FILE
    from trainables.segmenters.stardist.saved_model import SAVED_MODEL_FILE, run_saved_model

    network = folder / SAVED_MODEL_FILE
    config = json.loads((folder / CONFIG_FILE).read_text())
    step = config["grid"][0] * config["unet_pool"][0] ** config["unet_n_depth"]
    weights = v0_5.TensorflowSavedModelBundleWeightsDescr(
        source=network, tensorflow_version=v0_5.Version(TENSORFLOW)
    )
    about = {
        "thresholds": dict(model.segmenter.thresholds),
        "weights": WEIGHTS_FILE,
        "config": config,
    }
    return PackagedNetwork(
        weights=v0_5.WeightsDescr(tensorflow_saved_model_bundle=weights),
        framework="tensorflow",
        run=lambda image: run_saved_model(network, image),
        channels_last=True,
        maps=("probability", *(f"distance_{ray}" for ray in range(config["n_rays"]))),
        sides=_multiples_of(step),
        test_px=_at_least(TEST_PX, step),
        files=tuple(folder / name for name in (CONFIG_FILE, THRESHOLDS_FILE, WEIGHTS_FILE)),
        cells="StarDist makes cells of them: the attached files in a folder are a model that it "
        "opens, and the lines above do all the rest, enlarging included.",
        config={"stardist": about},
    )


def _torch_weights(network: Path) -> v0_5.WeightsDescr:
    import torch

    version = v0_5.Version(torch.__version__.split("+")[0])
    return v0_5.WeightsDescr(
        torchscript=v0_5.TorchscriptWeightsDescr(source=network, pytorch_version=version)
    )


def _run_torchscript(network: Path, image: np.ndarray) -> np.ndarray:
    import torch

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # as where it is written
        return torch.jit.load(network).eval()(torch.from_numpy(image)).numpy()


def _multiples_of(step: int) -> v0_5.ParameterizedSize:
    return v0_5.ParameterizedSize(min=_at_least(SMALLEST_PX, step), step=step)


def _at_least(px: int, step: int) -> int:
    """The first multiple of `step` from there."""
    return -(-px // step) * step
