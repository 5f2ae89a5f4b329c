"""The BioImage.IO package of an exported network, tested by bioimageio.core.

One zip file for the tools that open such packages (deepImageJ, QuPath, ilastik, bioimageio.core).
It holds the network, described by its inputs and outputs; attached files turn outputs into cells.
Citations have DOIs and nothing has a URL, which would be looked up online.
"""

import re
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bioimageio.spec
import numpy as np
from bioimageio.spec.model import v0_5
from loguru import logger

from study.take_home.bioimageio_check import check_package
from study.take_home.bioimageio_networks import (
    channels_last,
    framework_of,
    sides,
    test_side_px,
    weights_of,
)
from study.take_home.model_card import exported_model
from trainables.data.simulation.cells import simulated_dataset
from trainables.models.model import Model
from trainables.segmenters.families import family_of
from trainables.segmenters.take_home import PackagedNetwork

SUFFIX = ".bioimageio.zip"
INPUT_FILE, OUTPUT_FILE = "test_input.npy", "test_output.npy"
IMAGE = v0_5.TensorId("image")
CORE_VERSION = version("bioimageio.core")
LONGEST_NAME = 64
DARK_COUNT, COUNTS = 3000, 5000
"""Intensity of the test image's 1st percentile, and range from there to the 99.8th: far from
normalised, so that the package's own preprocessing is tested."""
LEAST_RANGE = 1e-6
"""Added to the range of an image's intensities, as `scale_range` does."""
TOLERANCE, LARGEST_SHARE = 1e-3, 0.005
"""Largest absolute difference from the test output that counts as equal, and its largest share of
the output's maximum; bioimageio.spec accepts at most a hundredth of that, and a barely trained
network's is small."""

DOCUMENTATION = """
## In BioImage.IO's tools

The package holds the network alone. Images go in as the camera gave them, but enlarged by
{scale:.4g}; the package itself scales each channel so that its percentiles {low:g} and {high:g}
become 0 and 1. What comes out are maps. {cells}

## Validation of the package

bioimageio.core {version} ran it (`bioimageio test FILE`): `test_input.npy` shows simulated cells,
`test_output.npy` is what the network makes of them. How good the model is on real images stands
above.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What a package says about the origin of its model."""

    title: str
    """What the model is, and for which data."""
    card: str
    """The model card, as Markdown."""
    authors: tuple[str, ...]
    """Names; BioImage.IO accepts no upload without one."""
    licence: str
    """SPDX name of the model's licence, e.g. CC-BY-4.0; empty where none was given."""


def write_package(model: Model, exported: Path, *, folder: Path, origin: Origin) -> Path:
    """Writes `<arm>.bioimageio.zip`.

    Args:
        model: the model that was exported.
        exported: what its `export` returned.
        folder: to write to.
        origin: where the model comes from.

    Returns:
        The package.

    Raises:
        ValueError: bioimageio.core refuses it, e.g. for an author's name with a slash.
    """
    logger.disable("bioimageio")  # it would fill the screen with output
    package = folder / f"{model.spec.arm}{SUFFIX}"
    with TemporaryDirectory() as temporary:
        parts = Path(temporary)
        settings = model.spec.segmenter
        network = family_of(settings).take_home.package(
            settings, exported_model(model, exported), model.segmenter, parts
        )
        described = v0_5.ModelDescr(
            **_about(model, network, origin, parts),
            inputs=[_input(model, network, parts)],
            outputs=[_output(network, parts)],
            config=_config(model, network, np.load(parts / OUTPUT_FILE)),
            weights=weights_of(network),
            attachments=[v0_5.FileDescr(source=file) for file in network.files],
        )
        made = bioimageio.spec.save_bioimageio_package(described, output_path=parts / package.name)
        check_package(Path(made))
        shutil.move(made, package)
    return package


def licence_of(wanted: str, *, weights_licence: str) -> str:
    """The SPDX name of a model's licence; empty where neither its makers nor its weights say one.

    Args:
        wanted: licence chosen by those who trained it; may be empty.
        weights_licence: of the weights it was trained from; may be empty or not an SPDX name.

    Raises:
        ValueError: the wanted licence is not an SPDX name, or the weights do not allow it.
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


def _about(model: Model, network: PackagedNetwork, origin: Origin, parts: Path) -> dict[str, Any]:
    """What the package says about the model as a whole."""
    segmenter, (low, high) = model.spec.segmenter, network.percentiles
    documentation = DOCUMENTATION.format(
        scale=model.scale,
        low=low,
        high=high,
        cells=network.cells,
        version=CORE_VERSION,
    )
    readme = parts / "README.md"
    readme.write_text(origin.card + documentation)
    return {
        "name": " ".join(re.sub(r"[^\w+() -]", " ", origin.title, flags=re.ASCII).split())[
            :LONGEST_NAME
        ],
        "description": f"{origin.title}: instance segmentation of cells in 2D images.",
        "authors": [v0_5.Author(name=name) for name in origin.authors],
        "license": origin.licence or None,
        "cite": [
            v0_5.CiteEntry(text=paper.reference, doi=v0_5.Doi(paper.doi))
            for paper in family_of(segmenter).cite(segmenter)
        ],
        "documentation": v0_5.FileDescr(source=readme),
        "tags": ["2d", "cells", "instance-segmentation", framework_of(network), segmenter.kind],
    }


def _config(model: Model, network: PackagedNetwork, maps: np.ndarray) -> v0_5.Config:
    """How closely the test output must be reproduced, and entries that only some tools read."""
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
            **network.config,
        }
    )


def _input(model: Model, network: PackagedNetwork, parts: Path) -> v0_5.InputTensorDescr:
    """The image as the camera gave it, and how it is normalised; writes the test image."""
    np.save(parts / INPUT_FILE, _test_image(network, channels=model.channels))
    low, high = network.percentiles
    percentiles = v0_5.ScaleRangeKwargs(
        axes=[v0_5.AxisId("y"), v0_5.AxisId("x")], min_percentile=low, max_percentile=high
    )
    along = [v0_5.SpaceInputAxis(id=v0_5.AxisId(side), size=sides(network)) for side in "yx"]
    return v0_5.InputTensorDescr(
        id=IMAGE,
        description="2D image, not normalised, at the scale that the documentation names",
        axes=_axes(network, [f"channel_{n}" for n in range(model.channels)], along),
        data=v0_5.IntervalOrRatioDataDescr(type="float32"),
        preprocessing=[v0_5.ScaleRangeDescr(kwargs=percentiles)],
        test_tensor=v0_5.FileDescr(source=parts / INPUT_FILE),
    )


def _output(network: PackagedNetwork, parts: Path) -> v0_5.OutputTensorDescr:
    """What the network predicts for every pixel; writes its output for the test image."""
    image = np.load(parts / INPUT_FILE)
    over = (1, 2) if channels_last(network) else (2, 3)
    low, high = np.percentile(image, network.percentiles, axis=over, keepdims=True)
    shown = ((image - low) / (high - low + LEAST_RANGE)).astype(np.float32)
    np.save(parts / OUTPUT_FILE, network.run(shown))
    along = [
        v0_5.SpaceOutputAxis(
            id=v0_5.AxisId(side),
            size=v0_5.SizeReference(tensor_id=IMAGE, axis_id=v0_5.AxisId(side)),
        )
        for side in "yx"
    ]
    return v0_5.OutputTensorDescr(
        id=v0_5.TensorId("maps"),
        description="of every pixel what the channels are named after",
        axes=_axes(network, list(network.maps), along),
        data=v0_5.IntervalOrRatioDataDescr(type="float32"),
        test_tensor=v0_5.FileDescr(source=parts / OUTPUT_FILE),
    )


def _axes(network: PackagedNetwork, channels: list[str], along: list[Any]) -> list[Any]:
    channel = v0_5.ChannelAxis(channel_names=channels)
    rest = [*along, channel] if channels_last(network) else [channel, *along]
    return [v0_5.BatchAxis(), *rest]


def _test_image(network: PackagedNetwork, *, channels: int) -> np.ndarray:
    """Simulated cells as a 16-bit camera records them: float32, one image, in the order of axes.

    Simulated, because a package may be published, while the user's images may be private.
    """
    (sample,) = simulated_dataset(count=1, size_px=test_side_px(network), seed=0, channels=channels)
    counts = (DARK_COUNT + COUNTS * sample.image).clip(0, 2**16 - 1).round().astype(np.float32)
    return (counts if channels_last(network) else counts.transpose(2, 0, 1))[np.newaxis]
