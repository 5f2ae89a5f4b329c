"""The BioImage.IO package of an exported network, in the format that bioimageio.spec validates.

One zip file for the tools that open such packages (deepImageJ, QuPath, ilastik, bioimageio.core).
It holds the network, with what goes in and what comes out; `predict.py`, attached, does the rest.
Citations have DOIs and nothing has an address: those would be looked up on the network.
"""

import re
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bioimageio.spec
import numpy as np
import torch
from bioimageio.spec.model import v0_5
from loguru import logger

from trainables.data.normalise import HIGH_PERCENT, LOW_PERCENT, normalise
from trainables.data.simulate import simulated_dataset
from trainables.model import Model
from trainables.spec import CellposeSpec, SegmenterSpec, UnetSpec
from trainables.standalone import Loader

SUFFIX = ".bioimageio.zip"
INPUT_FILE, OUTPUT_FILE = "test_input.npy", "test_output.npy"
IMAGE = v0_5.TensorId("image")
LONGEST_NAME = 64
SMALLEST_PX = 64
"""Least side of an image that the package promises to take."""
TEST_PX = 128
"""Least side of the test image."""
DARK_COUNT, COUNTS = 3000, 5000
"""Intensity of the test image's 1st percentile, and from there to the 99.8th: far from normalised,
so that the package's own preprocessing is put to the test."""
TOLERANCE, LARGEST_SHARE = 1e-3, 0.005
"""Absolute difference from the test output that is taken as none; bioimageio.spec takes at most
a hundredth of the output's largest value, and a barely trained network gives little."""

UNET = ("Ronneberger et al. 2015, U-Net", "10.1007/978-3-319-24574-4_28")
CELLPOSE = ("Stringer et al. 2021, Cellpose", "10.1038/s41592-020-01018-x")
MEDIAR = ("Lee et al. 2023, MEDIAR", "10.48550/arXiv.2212.03465")

DOCUMENTATION = """
## In BioImage.IO's tools

The package holds the network alone. Images go in as the camera gave them, but enlarged by
{scale:.4g}; the package itself scales each channel so that its 1st and 99.8th percentiles become 0
and 1. What comes out are maps; `predict.py`, attached, makes cells of them with the thresholds
above, and does all the rest too: it enlarges, and goes tile by tile where images are large.

## Validation of the package

bioimageio.spec {version} found it valid. `test_input.npy` shows simulated cells, `test_output.npy`
is what the network makes of them: `bioimageio test FILE` of bioimageio.core runs it and compares.
How good the model is on real images stands above.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What a package says of where its model comes from."""

    title: str
    """What it is, and for which data."""
    card: str
    """The model card, as Markdown."""
    authors: tuple[str, ...]
    """Names; BioImage.IO takes no upload without one."""
    licence: str
    """SPDX name of the model's licence, e.g. CC-BY-4.0; empty where nobody gave one."""


def write_package(
    model: Model, network: Path, *, loader: Loader, attachments: list[Path], origin: Origin
) -> Path:
    """Writes `<arm>.bioimageio.zip` beside an exported network.

    Args:
        model: the model that was exported.
        network: its TorchScript file.
        loader: of the model's family.
        attachments: files that go with it.
        origin: see there.

    Returns:
        The package.

    Raises:
        ValueError: bioimageio.spec refuses what it would say, e.g. an author's name with a slash.
    """
    logger.disable("bioimageio")  # it would write a page to the screen
    package = network.with_name(f"{model.spec.arm}{SUFFIX}")
    with TemporaryDirectory() as folder:
        parts = Path(folder)
        described = v0_5.ModelDescr(
            **_about(model, origin, parts),
            inputs=[_input(model, loader, parts)],
            outputs=[_output(network, loader, parts)],
            config=_config(model, np.load(parts / OUTPUT_FILE)),
            weights=v0_5.WeightsDescr(
                torchscript=v0_5.TorchscriptWeightsDescr(
                    source=network, pytorch_version=v0_5.Version(torch.__version__.split("+")[0])
                )
            ),
            attachments=[v0_5.FileDescr(source=file) for file in attachments],
        )
        # Reads and validates what it has written, test tensors included.
        made = bioimageio.spec.save_bioimageio_package(described, output_path=parts / package.name)
        shutil.copyfile(made, package)
    return package


def licence_of(wanted: str, *, weights_licence: str) -> str:
    """The SPDX name of a model's licence; empty where neither its makers nor its weights say one.

    Args:
        wanted: by those who trained it; may be empty.
        weights_licence: of what it was trained from; may be empty or no SPDX name.

    Raises:
        ValueError: it is no SPDX name, or the weights do not allow it.
    """
    if not wanted:
        return weights_licence if _is_spdx(weights_licence) else ""
    if not _is_spdx(wanted):
        raise ValueError(
            f"--licence must be the SPDX name of a licence, e.g. MIT or CC-BY-4.0, but got "
            f"{wanted!r}."
        )
    if "NC" in weights_licence and wanted != weights_licence:
        raise ValueError(
            f"--licence must be {weights_licence}, that of the weights which the model was trained "
            f"from, but got {wanted}: they forbid commercial use."
        )
    return wanted


def _is_spdx(name: str) -> bool:
    try:
        v0_5.LicenseId(name)
    except ValueError:
        return False
    return True


def _about(model: Model, origin: Origin, parts: Path) -> dict[str, Any]:
    """What the package says of the model as a whole."""
    segmenter = model.spec.segmenter
    readme = parts / "README.md"
    readme.write_text(
        origin.card + DOCUMENTATION.format(scale=model.scale, version=bioimageio.spec.__version__)
    )
    return {
        "name": " ".join(re.sub(r"[^\w+() -]", " ", origin.title, flags=re.ASCII).split())[
            :LONGEST_NAME
        ],
        "description": f"{origin.title}: instance segmentation of cells in 2D images.",
        "authors": [v0_5.Author(name=name) for name in origin.authors],
        "license": origin.licence or None,
        "cite": [v0_5.CiteEntry(text=text, doi=v0_5.Doi(doi)) for text, doi in _cited(segmenter)],
        "documentation": v0_5.FileDescr(source=readme),
        "tags": ["2d", "cells", "instance-segmentation", "pytorch", segmenter.kind],
    }


def _config(model: Model, maps: np.ndarray) -> v0_5.Config:
    """How nearly the test output must be met, and what only this project knows of the model."""
    tolerance = min(TOLERANCE, LARGEST_SHARE * max(float(maps.max()), 0.0))
    return v0_5.Config.model_validate(
        {
            "bioimageio": {"reproducibility_tolerance": [{"absolute_tolerance": tolerance}]},
            "cell_segmentation_study": {
                "training": model.spec.id,
                "split": model.spec.data.split,
                "scale": model.scale,
                "thresholds": dict(model.segmenter.thresholds),
            },
        }
    )


def _cited(segmenter: SegmenterSpec) -> tuple[tuple[str, str], ...]:
    if isinstance(segmenter, UnetSpec):
        return (UNET,)
    assert isinstance(segmenter, CellposeSpec)
    return (CELLPOSE, MEDIAR) if segmenter.backbone == "mediar" else (CELLPOSE,)


def _input(model: Model, loader: Loader, parts: Path) -> v0_5.InputTensorDescr:
    """The image as the camera gave it, and how it is normalised; writes the test image."""
    step = loader.multiple_px
    image = _test_image(channels=model.channels, multiple_px=step)
    np.save(parts / INPUT_FILE, image)
    size = v0_5.ParameterizedSize(min=-(-SMALLEST_PX // step) * step, step=step)
    percentiles = v0_5.ScaleRangeKwargs(
        axes=[v0_5.AxisId("y"), v0_5.AxisId("x")],
        min_percentile=LOW_PERCENT,
        max_percentile=HIGH_PERCENT,
    )
    return v0_5.InputTensorDescr(
        id=IMAGE,
        description="2D image, not normalised, at the scale that the documentation names",
        axes=[
            v0_5.BatchAxis(),
            v0_5.ChannelAxis(channel_names=[f"channel_{n}" for n in range(model.channels)]),
            *(v0_5.SpaceInputAxis(id=v0_5.AxisId(side), size=size) for side in "yx"),
        ],
        data=v0_5.IntervalOrRatioDataDescr(type="float32"),
        preprocessing=[v0_5.ScaleRangeDescr(kwargs=percentiles)],
        test_tensor=v0_5.FileDescr(source=parts / INPUT_FILE),
    )


def _output(network: Path, loader: Loader, parts: Path) -> v0_5.OutputTensorDescr:
    """What the network gives for every pixel; writes what it gives for the test image."""
    np.save(parts / OUTPUT_FILE, _run(network, np.load(parts / INPUT_FILE)))
    return v0_5.OutputTensorDescr(
        id=v0_5.TensorId("maps"),
        description=f"{', '.join(loader.maps)} of every pixel",
        axes=[
            v0_5.BatchAxis(),
            v0_5.ChannelAxis(channel_names=list(loader.maps)),
            *(
                v0_5.SpaceOutputAxis(
                    id=v0_5.AxisId(side),
                    size=v0_5.SizeReference(tensor_id=IMAGE, axis_id=v0_5.AxisId(side)),
                )
                for side in "yx"
            ),
        ],
        data=v0_5.IntervalOrRatioDataDescr(type="float32"),
        test_tensor=v0_5.FileDescr(source=parts / OUTPUT_FILE),
    )


def _test_image(*, channels: int, multiple_px: int) -> np.ndarray:
    """Simulated cells as a 16 bit camera gives them: float32 [1, C, H, W].

    Simulated, because a package may be published, and the user's images need not be.
    """
    side = -(-TEST_PX // multiple_px) * multiple_px
    (sample,) = simulated_dataset(count=1, size_px=side, seed=0, channels=channels)
    counts = (DARK_COUNT + COUNTS * sample.image).clip(0, 2**16 - 1).round()
    return counts.transpose(2, 0, 1)[np.newaxis].astype(np.float32)


def _run(network: Path, image: np.ndarray) -> np.ndarray:
    """What an exported network gives for float32 [1, C, H, W], normalised as in this project."""
    shown = normalise(image[0].transpose(1, 2, 0)).transpose(2, 0, 1)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # as where it is written
        return torch.jit.load(network).eval()(torch.from_numpy(shown[np.newaxis].copy())).numpy()
