"""The two networks that predict Cellpose's flows, and how deep each of their layers lies."""

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cellpose.core import run_net
from cellpose.transforms import normalize_img
from cellpose.vit import CPSAM

from trainables.data.bands import band_rows
from trainables.data.normalise import ENOUGH_PX
from trainables.data.rescaled import Image
from trainables.networks.networks import build_manet, build_unet, parameter_depths
from trainables.segmenters.cellpose.backbones import BACKBONES, VIT_TILE_PX
from trainables.training.schedule import ENCODER_END, HEAD

OUTPUTS = 3
"""Flows along y and x (times 5), and the logit of the cell probability."""
COMPACT_WIDTH = 8
"""Channels of the compact decoder at full resolution; both as in `UnetSpec`, so that the two
families differ in targets and decoding but not in their network."""
CPSAM_MOST_CHANNELS = 3
CPSAM_PERCENT, CPSAM_LEAST_RANGE = (1.0, 99.0), 1e-3
"""Percentiles mapped to 0 and 1, and the range up to which Cellpose treats a channel as empty."""


class CpsamNetwork(torch.nn.Module):
    """Cellpose-SAM's ViT-L without its empty second output: [N, C, 256, 256] to [N, 3, 256, 256].

    Source: Pachitariu et al. 2025 (doi:10.1101/2025.04.28.651001), through `cellpose.vit`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cellpose = self._build()
        for name in ("W2", "diam_labels", "diam_mean"):
            _freeze(self.cellpose, name)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.cellpose(images)[0]

    def _build(self) -> Any:
        return CPSAM(dtype=torch.float32)


class CpdinoNetwork(CpsamNetwork):
    """CP-DINO's ViT-L in the same form, built by Cellpose where its package is installed.

    That package, dinov3, is on no package index, and this code has never been run with it. Cellpose
    shows this network tiles of 384 pixels; here it sees 256, as Cellpose-SAM does.
    """

    def _build(self) -> Any:
        try:
            import dinov3.hub.backbones  # noqa: F401
            from cellpose.vit import CPDINO
        except ImportError as error:
            raise ValueError(
                "The backbone cpdino needs the package dinov3, which is not installed: pip "
                "install git+https://github.com/facebookresearch/dinov3, or use the backbone cpsam."
            ) from error
        return CPDINO(dtype=torch.float32)


def build_network(backbone: str, *, encoder: str, channels: int) -> torch.nn.Module:
    """A network with random weights: float [N, channels, H, W] to [N, 3, H, W].

    Args:
        backbone: as in `CellposeSpec`.
        encoder: of the backbones `compact` and `mediar`.
        channels: of the images; at most 3 for the ViTs.

    Raises:
        ValueError: the encoder is unknown, there are too many channels, or a package is missing.
    """
    depth = BACKBONES[backbone].halvings
    if backbone == "compact":
        return build_unet(
            encoder,
            depth=depth,
            channels=channels,
            outputs=OUTPUTS,
            width=COMPACT_WIDTH,
        )
    if backbone == "mediar":
        return build_manet(encoder, depth=depth, channels=channels, outputs=OUTPUTS)
    if channels > CPSAM_MOST_CHANNELS:
        raise ValueError(
            f"The backbone {backbone} takes images of at most {CPSAM_MOST_CHANNELS} channels, but "
            f"got {channels}: use fewer channels or the backbone `compact`."
        )
    return CpdinoNetwork() if backbone == "cpdino" else CpsamNetwork()


def network_depths(network: torch.nn.Module) -> dict[str, float]:
    """Depth of every parameter by name: below 0.5 in the encoder, 1 in the head."""
    if not isinstance(network, CpsamNetwork):
        return parameter_depths(network)
    blocks = len(network.cellpose.encoder.blocks)
    return {name: _cpsam_depth(name, blocks=blocks) for name, _ in network.named_parameters()}


def normalise_for_cpsam(image: np.ndarray, *, ranges: np.ndarray | None = None) -> np.ndarray:
    """Scales channels to their 1st and 99th percentiles, as Cellpose does for its public models.

    Args:
        image: float32 [H, W, C]; `Sample.image` ends at the 99.8th percentile, which leaves
            bright spots less room and the rest darker than these models have seen.
        ranges: of the whole image where this is a tile of it, see `cpsam_ranges`. A tile's own
            percentiles would stretch the noise of one without cells until it looked like cells.
    """
    return normalize_img(image.copy(), lowhigh=ranges, axis=-1)


def cpsam_ranges(image: Image) -> np.ndarray:
    """The 1st and 99th percentiles of each channel of an image of any size, read by bands of rows.

    Those of a large image are computed on a regular subset of its pixels, as in Cellpose.

    Args:
        image: float32 [H, W, C], or an object that gives access to parts of one.

    Returns:
        float64 [C, 2]. The upper end of a channel with next to no contrast is infinite, so that
        the channel becomes 0, as in Cellpose.
    """
    step = max(1, int(np.sqrt(image.shape[0] * image.shape[1] / ENOUGH_PX)))
    bands = (np.asarray(image[rows, :]) for rows in band_rows(image.shape, px=ENOUGH_PX))
    some = np.concatenate([band[::step, ::step].copy() for band in bands])
    low, high = np.percentile(some, CPSAM_PERCENT, axis=(0, 1))
    return np.stack([low, np.where(high - low > CPSAM_LEAST_RANGE, high, np.inf)], axis=1)


def infer_cpsam(network: CpsamNetwork, image: np.ndarray) -> np.ndarray:
    """Runs the ViT over an image of any size in Cellpose's own overlapping, tapered tiles.

    Args:
        image: float32 [H, W, C], as `normalise_for_cpsam` returns it.

    Returns:
        float32 [3, H, W].
    """
    maps, _ = run_net(network.cellpose, image[None], bsize=VIT_TILE_PX)
    return maps[0].transpose(2, 0, 1)


def load_cpsam(network: CpsamNetwork, file: Path) -> None:
    """Loads a Cellpose model file: a public one, or one that Cellpose or this project trained.

    Raises:
        ValueError: the file is no such model.
    """
    weights = _read_weights(file)
    own = network.cellpose.state_dict()
    fitting = {
        name.removeprefix("module."): value
        for name, value in weights.items()
        if name.removeprefix("module.") in own
    }
    wrong = [
        name
        for name, value in own.items()
        if not name.startswith("diam_") and _shape(fitting.get(name)) != value.shape
    ]
    if wrong:
        raise ValueError(
            f"A model for this backbone must hold all weights of {_named(network)}, but {file} "
            f"has no fitting {wrong[0]!r} ({len(wrong)} of {len(own)} do not fit): "
            f"{_what_it_is(weights)}"
        )
    network.cellpose.load_state_dict(fitting, strict=False)


def _named(network: CpsamNetwork) -> str:
    return "CP-DINO" if isinstance(network, CpdinoNetwork) else "Cellpose-SAM"


def _what_it_is(weights: dict[str, Any]) -> str:
    """What a file of other weights holds, and what to do."""
    if any(name.startswith(("downsample.", "module.downsample.")) for name in weights):
        return (
            "it is a model of Cellpose 1 to 3 (cyto, cyto3, nuclei or one trained from them), "
            "which Cellpose 4 cannot read either: fine-tune cpsam, or weights of origin `source`."
        )
    if "encoder.cls_token" in weights:
        return (
            "it is CP-DINO, which has another network: give a file of Cellpose-SAM, or take the "
            "backbone cpdino for the larger CP-DINO."
        )
    return "it is some other network: give a file that Cellpose 4 or this project wrote."


def _read_weights(file: Path) -> dict[str, Any]:
    try:
        # Only torch's current format can be mapped; models of Cellpose 1 are in the previous one.
        mapped = zipfile.is_zipfile(file)
        return dict(torch.load(file, map_location="cpu", weights_only=True, mmap=mapped))
    except Exception as error:  # for a bad file torch raises exceptions of many kinds
        raise ValueError(
            f"A Cellpose model must be a file of weights written by torch, but {file} cannot be "
            f"read as one ({' '.join(str(error).split())[:200]}): give a file that Cellpose 4 or "
            f"this project wrote, and copy it whole."
        ) from error


def _shape(value: Any) -> torch.Size | None:
    return value.shape if isinstance(value, torch.Tensor) else None


def _freeze(module: torch.nn.Module, name: str) -> None:
    """Turns a parameter that Cellpose never trains into a buffer of the same name."""
    value = getattr(module, name).detach()
    delattr(module, name)
    module.register_buffer(name, value)


def _cpsam_depth(name: str, *, blocks: int) -> float:
    if ".out." in name:
        return HEAD
    if ".neck." in name or ".encoder.norm." in name:
        return ENCODER_END + (HEAD - ENCODER_END) / 2
    block = re.search(r"\.blocks\.(\d+)\.", name)
    return ENCODER_END * (int(block[1]) + 1) / (blocks + 1) if block else 0.0
