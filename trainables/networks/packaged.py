"""TorchScript networks as BioImage.IO's tools run them."""

import warnings
from pathlib import Path

import numpy as np
import torch

from trainables.data.normalise import HIGH_PERCENT, LOW_PERCENT
from trainables.segmenters.take_home import LOADER_FILE, Exported, Loader, PackagedNetwork


def packaged_torchscript(exported: Exported, loader: Loader) -> PackagedNetwork:
    """An exported network whose output `predict.py` beside it turns into cells."""
    return PackagedNetwork(
        file=exported.path,
        format="torchscript",
        version=torch_version(),
        run=lambda image: run_torchscript(exported.path, image),
        maps=loader.maps,
        multiple_px=loader.multiple_px,
        percentiles=(LOW_PERCENT, HIGH_PERCENT),
        files=(exported.path.with_name(LOADER_FILE),),
        cells=f"`{LOADER_FILE}`, attached, makes cells of them with the thresholds above, and does "
        f"all the rest too: it enlarges, and goes tile by tile where images are large.",
    )


def torch_version() -> str:
    """The version of torch, without its build label."""
    return torch.__version__.split("+")[0]


def run_torchscript(network: Path, image: np.ndarray) -> np.ndarray:
    """Output of an exported network for float32 [1, C, H, W]."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # as where it is written
        return torch.jit.load(network).eval()(torch.from_numpy(image)).numpy()
