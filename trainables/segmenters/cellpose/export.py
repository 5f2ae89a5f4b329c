"""Exports a trained Cellpose segmenter for use without this project."""

import json
from pathlib import Path

import torch

from trainables.networks.torchscript import write_torchscript
from trainables.segmenters.cellpose.decoding import LARGEST_SHARE
from trainables.segmenters.cellpose.networks import CpsamNetwork
from trainables.segmenters.protocol import Thresholds

CPSAM_FILE = "cellpose_model"
COMPACT_FILE = "cellpose_compact.torchscript.pt"
SETTINGS_FILE = "cellpose.json"
EXAMPLE_PX = 128

CPSAM_SNIPPET = """\
from cellpose.models import CellposeModel
model = CellposeModel(pretrained_model="{file}")
# image: at the scale on which the model was trained
labels, flows, styles = model.eval(
    image, flow_threshold={flow}, cellprob_threshold={cellprob},
    min_size={smallest_px:.0f}, niter={niter:.0f}, max_size_fraction={largest_share})
"""

COMPACT_SNIPPET = """\
import numpy as np, torch
from cellpose.dynamics import resize_and_compute_masks
network = torch.jit.load("{file}")
# image: float32 [H, W, {channels}], each channel's 1st and 99.8th percentiles at 0 and 1,
# at the scale on which the network was trained
height, width = image.shape[:2]
padding = ((0, -height % {multiple_px}), (0, -width % {multiple_px}), (0, 0))
batch = torch.from_numpy(np.pad(image, padding, mode="reflect").transpose(2, 0, 1)[None])
flow_y, flow_x, cellprob = network(batch)[0].detach().numpy()[:, :height, :width]
labels = resize_and_compute_masks(
    np.stack([flow_y, flow_x]), cellprob, niter={niter:.0f}, flow_threshold={flow},
    cellprob_threshold={cellprob}, min_size={smallest_px:.0f}, max_size_fraction={largest_share})
"""


def export_cpsam(network: CpsamNetwork, folder: Path, *, thresholds: Thresholds) -> Path:
    """Writes a model file that Cellpose 4 opens, in its interface and in Python.

    Beside it lies `cellpose.json` with the tuned thresholds and how to use them. Images must be
    at the scale on which the model was trained (the study's working scale).

    Returns:
        The model file.
    """
    file = folder / CPSAM_FILE
    network.cellpose.save_model(file)
    snippet = CPSAM_SNIPPET.format(file=file.name, largest_share=LARGEST_SHARE, **thresholds)
    _describe(folder, snippet=snippet, thresholds=thresholds)
    return file


def export_compact(
    network: torch.nn.Module,
    folder: Path,
    *,
    channels: int,
    multiple_px: int,
    thresholds: Thresholds,
) -> Path:
    """Writes the network as TorchScript: Cellpose itself only opens its own ViT.

    Its three outputs are those of a Cellpose network, so that `cellpose.dynamics` turns them
    into labels; `cellpose.json` beside it holds the ten lines that do so.

    Args:
        network: float [N, C, H, W] to [N, 3, H, W], flows along y and x (times 5), cell logit.
        folder: existing.
        channels: C.
        multiple_px: what H and W must be multiples of.
        thresholds: tuned ones.

    Returns:
        The TorchScript file.
    """
    file = folder / COMPACT_FILE
    write_torchscript(network, file, channels=channels, side_px=EXAMPLE_PX)
    snippet = COMPACT_SNIPPET.format(
        file=file.name,
        channels=channels,
        multiple_px=multiple_px,
        largest_share=LARGEST_SHARE,
        **thresholds,
    )
    _describe(folder, snippet=snippet, thresholds=thresholds)
    return file


def _describe(folder: Path, *, snippet: str, thresholds: Thresholds) -> None:
    about = {"thresholds": thresholds, "python": snippet.splitlines()}
    (folder / SETTINGS_FILE).write_text(json.dumps(about, indent=1))
