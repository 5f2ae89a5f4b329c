"""Simulated data sets, written to the study's folder like any other, so they can be viewed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tifffile

from trainables.data.sample import Sample
from trainables.data.simulation.cells import simulated_dataset, source_dataset

TARGET_IMAGES = 96
"""Images of the embedded default data set."""
SIZE_PX = 256
"""Side of the simulated images."""


def simulated_target(folder: Path, *, seed: int) -> Path:
    """The embedded default data set of the quick study; written once."""
    target = folder / "data" / "simulated_target"
    if not (target / "index.csv").exists():
        write_folder(target, simulated_dataset(count=TARGET_IMAGES, size_px=SIZE_PX, seed=seed))
    return target


def simulated_source(folder: Path, *, count: int, channels: int, seed: int) -> Path:
    """Cells of varied appearance, on which transfer arms' weights are trained; written once."""
    source = folder / "data" / "simulated_source"
    if not (source / "index.csv").exists():
        samples = source_dataset(count=count, size_px=SIZE_PX, seed=seed, channels=channels)
        write_folder(source, samples)
    return source


def write_folder(folder: Path, samples: Sequence[Sample]) -> None:
    """Writes samples as `images/` and `masks/` of 16-bit TIFFs with an `index.csv` of groups."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for sample in samples:
        pixels = np.round(np.clip(sample.image * _SPAN + _FLOOR, 0, 65535)).astype(np.uint16)
        pixels = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
        tifffile.imwrite(folder / "images" / f"{sample.id}.tif", pixels, compression="zlib")
        tifffile.imwrite(
            folder / "masks" / f"{sample.id}.tif",
            sample.labels.astype(np.uint16),
            compression="zlib",
        )
    rows = "".join(f"{sample.id},{sample.group}\n" for sample in samples)
    (folder / "index.csv").write_text("stem,group\n" + rows)


_SPAN, _FLOOR = 20_000, 20_000
"""Grey values between a normalised 0 and 1, and of a 0, with room for values outside [0, 1]."""
