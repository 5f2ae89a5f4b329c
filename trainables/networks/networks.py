"""U-Nets from segmentation-models-pytorch, and the depth of each of their layers."""

import re
from collections.abc import Mapping

import segmentation_models_pytorch as smp
import torch

from trainables.training.schedule import ENCODER_END, HEAD

LEVELS = 10
"""Number of depths within the encoder and within the decoder."""
STAGE = re.compile(r"encoder\.(?:patch_embed|block|norm)(\d)\b")
"""Layers of SegFormer's encoders, which register what opens each stage before any of these."""
LARGEST_GROWTH = 16
"""The decoder's coarsest level has at most this many times the channels of its finest."""


def build_unet(
    encoder: str, *, depth: int, channels: int, outputs: int, width: int = 16
) -> torch.nn.Module:
    """A U-Net without pretrained weights: float [N, channels, H, W] to [N, outputs, H, W].

    Args:
        encoder: name of an encoder of segmentation-models-pytorch.
        depth: times the encoder halves the resolution; H and W are multiples of 2 ** depth.
        channels: channels of the image.
        outputs: maps to predict, as logits.
        width: channels of the decoder at full resolution; they double at every coarser level.

    Raises:
        ValueError: the library has no such encoder, or not at this depth.
    """
    try:
        return smp.Unet(
            encoder,
            encoder_depth=depth,
            encoder_weights=None,
            decoder_channels=decoder_channels(depth, width=width),
            in_channels=channels,
            classes=outputs,
        )
    except (KeyError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"encoder must be the name of an encoder of segmentation-models-pytorch that halves "
            f"the resolution {depth} times, but got {encoder!r}: {error}"
        ) from error


def build_manet(encoder: str, *, depth: int, channels: int, outputs: int) -> torch.nn.Module:
    """An MA-Net without pretrained weights: float [N, channels, H, W] to [N, outputs, H, W].

    Args:
        encoder: name of an encoder of segmentation-models-pytorch; `mit_b0` to `mit_b5` are those
            of SegFormer.
        depth: times the encoder halves the resolution; H and W are multiples of 2 ** depth.
        channels: channels of the image.
        outputs: maps to predict.

    Raises:
        ValueError: the library has no such encoder, or not at this depth.

    Sources: Fan et al. 2020 (doi:10.1109/ACCESS.2020.3025372); with SegFormer's encoder and
    Cellpose's flows it won the NeurIPS 2022 challenge, Lee et al. 2023 (arXiv:2212.03465).
    """
    try:
        return smp.MAnet(
            encoder,
            encoder_depth=depth,
            encoder_weights=None,
            in_channels=channels,
            classes=outputs,
        )
    except (KeyError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"encoder must be the name of an encoder of segmentation-models-pytorch that halves "
            f"the resolution {depth} times, but got {encoder!r}: {error}"
        ) from error


def decoder_channels(depth: int, *, width: int) -> tuple[int, ...]:
    """Channels of the decoder's levels, from the coarsest to full resolution."""
    return tuple(width * min(2**level, LARGEST_GROWTH) for level in reversed(range(depth)))


def parameter_depths(network: torch.nn.Module) -> dict[str, float]:
    """Depth of every parameter of a U-Net: below 0.5 in the encoder, 1 in the head.

    Layers are ranked in the order in which an image meets them: that in which the library
    registers them, but for SegFormer's encoders stage by stage.
    """
    encoder = _ranks(network, "encoder.")
    decoder = _ranks(network, "decoder.")
    depths = {
        name: HEAD for name, _ in network.named_parameters() if name.startswith("segmentation_head")
    }
    depths |= {name: ENCODER_END * rank for name, rank in encoder.items()}
    depths |= {name: ENCODER_END + (HEAD - ENCODER_END) * r for name, r in decoder.items()}
    return depths


def load_weights(
    network: torch.nn.Module, weights: Mapping[str, torch.Tensor], *, channels: int
) -> None:
    """Loads the weights of a network that may have been trained on another number of channels.

    Args:
        network: of the same architecture, for images with `channels` channels.
        weights: its parameters and buffers by name.
        channels: of the images it will see.

    Raises:
        ValueError: the weights belong to another architecture.
    """
    try:
        network.load_state_dict(fit_to_channels(weights, network.state_dict(), channels=channels))
    except RuntimeError as error:
        raise ValueError(
            f"The weights to start from must come from a network of the same encoder and depth, "
            f"but they do not fit: {str(error)[:300]}"
        ) from error


def fit_to_channels(
    weights: Mapping[str, torch.Tensor], own: Mapping[str, torch.Tensor], *, channels: int
) -> dict[str, torch.Tensor]:
    """Weights for images with another number of channels than they were trained on.

    The filters of the first layer are averaged over the old channels and shared among the new
    ones, so that an image whose channels are all alike gives the same features as before.

    Args:
        weights: parameters and buffers by name.
        own: those of the network that will have them, for images with `channels` channels.
        channels: of the images it will see.
    """
    return {
        name: _share_channels(value, channels)
        if name in own and _differ_in_channels(value, own[name])
        else value
        for name, value in weights.items()
    }


def _differ_in_channels(old: torch.Tensor, new: torch.Tensor) -> bool:
    """Whether two filter banks differ only in their input channels."""
    return (
        old.ndim == 4
        and old.shape[1] != new.shape[1]
        and (old.shape[0], *old.shape[2:]) == (new.shape[0], *new.shape[2:])
    )


def _share_channels(filters: torch.Tensor, channels: int) -> torch.Tensor:
    """Filters for another number of input channels, with the same sum over them."""
    mean = filters.mean(dim=1, keepdim=True)
    return mean.repeat(1, channels, 1, 1) * (filters.shape[1] / channels)


def _ranks(network: torch.nn.Module, start: str) -> dict[str, float]:
    """Rank in [0, 1) of each parameter's layer among those whose names begin with `start`."""
    names = [name for name, _ in network.named_parameters() if name.startswith(start)]
    layers = sorted(dict.fromkeys(name.rpartition(".")[0] for name in names), key=_stage)
    rank = {layer: index * LEVELS // len(layers) / LEVELS for index, layer in enumerate(layers)}
    return {name: rank[name.rpartition(".")[0]] for name in names}


def _stage(layer: str) -> int:
    """Stage of a layer of SegFormer's encoders; 0 for any other, which keeps its place."""
    found = STAGE.match(layer)
    return int(found[1]) if found else 0
