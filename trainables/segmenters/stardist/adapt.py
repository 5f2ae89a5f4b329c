"""Adapts a StarDist model to other images and rays: new ends, same encoder and decoder."""

from typing import Any

import numpy as np
from stardist.models import Config2D, StarDist2D

from trainables.segmenters.stardist.network import (
    DISTANCES,
    refuse_odd_crops,
    silently,
    training_settings,
)
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.spec.training_spec import TrainingSpec

DERIVED = ("n_dim", "n_channel_out", "net_input_shape", "net_mask_shape")
"""Settings that StarDist derives from the others and does not accept."""


def adapted(
    model: StarDist2D, spec: StardistSpec, *, channels: int, training: TrainingSpec
) -> StarDist2D:
    """The same model for other channels and rays, ready to be trained.

    Every new channel gets an equal share of the old ones' total weight: the network at first
    sees the mean of the channels, and may learn to tell them apart. A new ray gets what the
    two old ones around it predict, mixed by its direction: the head is linear, so its predictions
    start out as good as the old ones. Grid, depth and filters stay those of the model: a grid is
    made by poolings before the encoder, and all kernels after them were learnt at that resolution.
    Cells too small for a coarse grid are enlarged by the study's working scale, not by a new grid.

    Args:
        model: read by stardist_network.py.
        spec: gives the number of rays.
        channels: of the images.
        training: crop side and batch size are noted in the model's configuration.

    Raises:
        ValueError: the crops cannot be halved as often as the network wants to.
    """
    settings = vars(model.config) | training_settings(training)
    settings |= {"n_channel_in": channels, "n_rays": spec.rays}
    config = Config2D(**{name: value for name, value in settings.items() if name not in DERIVED})
    refuse_odd_crops(config, crop_px=training.crop_px)
    fitted = silently(StarDist2D, config, basedir=None)
    mixing = _mixing(model.config.n_rays, spec.rays)
    layers = [layer for layer in model.keras_model.layers if layer.weights]
    for layer in layers:
        weights = layer.get_weights()
        if layer is layers[0] and channels != model.config.n_channel_in:
            weights[0] = _shared(weights[0], channels)
        if layer.name == DISTANCES:
            weights = [(one @ mixing).astype(np.float32) for one in weights]
        fitted.keras_model.layers[model.keras_model.layers.index(layer)].set_weights(weights)
    fitted.thresholds = model.thresholds._asdict()
    return fitted


def differences(model: StarDist2D, spec: StardistSpec, *, channels: int) -> dict[str, str]:
    """How a model differs from a spec, e.g. {"rays": "32, not 64"}; empty if it does not."""
    config = model.config
    pairs: dict[str, tuple[Any, Any]] = {
        "rays": (config.n_rays, spec.rays),
        "grid": (config.grid[0], spec.grid),
        "depth": (config.unet_n_depth, spec.depth),
        "filters": (config.unet_n_filter_base, spec.filters),
        "channels": (config.n_channel_in, channels),
    }
    return {name: f"{ours}, not {asked}" for name, (ours, asked) in pairs.items() if ours != asked}


def _shared(kernel: np.ndarray, channels: int) -> np.ndarray:
    """A kernel [h, w, old, filters] for another number of channels, with the same sum over them."""
    return np.repeat(kernel.sum(axis=2, keepdims=True) / channels, channels, axis=2)


def _mixing(old: int, new: int) -> np.ndarray:
    """float64 [old, new]: what each old ray adds to each new one; columns add up to 1.

    Rays are spaced evenly from the same first direction (`stardist.geometry.ray_angles`).
    """
    places = np.arange(new) * old / new
    before = np.floor(places).astype(int)
    share = places - before
    mixing = np.zeros((old, new))
    mixing[before, np.arange(new)] += 1 - share
    mixing[(before + 1) % old, np.arange(new)] += share
    return mixing
