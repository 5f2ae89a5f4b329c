"""Builds StarDist models, and reads and writes them as StarDist does."""

import contextlib
import io
import logging
import math
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
from csbdeep.utils import save_json
from stardist.models import Config2D, StarDist2D

from trainables.segmenters.stardist.settings import StardistSpec
from trainables.spec.randomness import fence
from trainables.spec.training_spec import TrainingSpec
from trainables.training.schedule import ENCODER_END, HEAD

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "weights_best.h5"
THRESHOLDS_FILE = "thresholds.json"
HEAD_LAYERS = ("prob", "dist")
DISTANCES = "dist"
FIRST_DECODER_LAYER = "up_level"


def build(
    spec: StardistSpec, *, channels: int, training: TrainingSpec, radius_px: float, seed: int
) -> StarDist2D:
    """A model with random weights.

    Args:
        spec: rays, grid, depth and width of the network.
        channels: of the images.
        training: crop side and batch size are noted in the model's configuration.
        radius_px: radius that the untrained network predicts for every cell.
        seed: fixes the weights.

    Raises:
        ValueError: the crops cannot be halved as often as the network requires.
    """
    config = Config2D(
        axes="YXC",
        n_rays=spec.rays,
        n_channel_in=channels,
        grid=(spec.grid, spec.grid),
        unet_n_depth=spec.depth,
        unet_n_filter_base=spec.filters,
        unet_batch_norm=True,
        **training_settings(training),
    )
    refuse_odd_crops(config, crop_px=training.crop_px)
    with fence(seed):
        keras.utils.set_random_seed(seed)
        model = silently(StarDist2D, config, basedir=None)
    _start_well(model, radius_px=radius_px)
    return model


def read(folder: Path) -> StarDist2D:
    """Opens a model folder, either StarDist's own or one that `write` wrote.

    Raises:
        ValueError: a file is missing or unreadable, or the model distinguishes classes of cells.
    """
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise ValueError(
                f"A StarDist model folder must hold {CONFIG_FILE} and {WEIGHTS_FILE}, but "
                f"{folder / name} is missing: unpack the model there, or start from weights of "
                f"origin `source`."
            )
    try:
        model = silently(
            StarDist2D, None, name=folder.resolve().name, basedir=folder.resolve().parent
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{folder} must hold a StarDist model for 2D images, but it could not be read "
            f"({error}): copy it there again, or start from weights of origin `source`."
        ) from error
    if not (folder / THRESHOLDS_FILE).is_file():
        logging.getLogger(__name__).warning(
            "%s has no %s: StarDist's defaults (probability 0.5, overlap 0.4) take their place "
            "until thresholds are tuned on validation.",
            folder,
            THRESHOLDS_FILE,
        )
    if model.config.n_classes is not None:
        raise ValueError(
            f"A StarDist model must find cells of one class, but {folder} tells "
            f"{model.config.n_classes} apart: take a model without classes."
        )
    model.basedir = None  # else training would write into the folder
    return model


def write(model: StarDist2D, folder: Path, *, thresholds: dict[str, float]) -> None:
    """Writes a folder that `stardist.models.StarDist2D(None, name=..., basedir=...)` opens."""
    save_json(vars(model.config), str(folder / CONFIG_FILE))
    save_json(thresholds, str(folder / THRESHOLDS_FILE))
    silently(model.keras_model.save_weights, str(folder / WEIGHTS_FILE))


def variable_depths(model: StarDist2D) -> list[float]:
    """Depth (see schedule.py) of every trainable variable, in the model's order."""
    depths, layers = layer_depths(model), model.keras_model.layers
    return [depths[layer.name] for layer in layers for _ in layer.trainable_variables]


def layer_depths(model: StarDist2D) -> dict[str, float]:
    """Depth (see schedule.py) of every layer that has something to learn, by its name.

    Layers are spaced evenly: the way down and the bottom in [0, 0.5), the way up in [0.5, 1), the
    two layers that give probability and distances at 1.
    """
    layers = [layer for layer in model.keras_model.layers if layer.trainable_variables]
    body = [layer for layer in layers if layer.name not in HEAD_LAYERS]
    way_down = next(n for n, layer in enumerate(body) if FIRST_DECODER_LAYER in layer.name)
    depths = dict.fromkeys(HEAD_LAYERS, HEAD)
    for n, layer in enumerate(body):
        if n < way_down:
            depths[layer.name] = ENCODER_END * n / way_down
        else:
            share = (n - way_down) / (len(body) - way_down)
            depths[layer.name] = ENCODER_END + (HEAD - ENCODER_END) * share
    return depths


def variable_units(model: StarDist2D, *, radius_px: float) -> list[float]:
    """Unit in which every trainable variable learns, in the model's order.

    Adam moves every weight by about the learning rate, whatever it stands for. Distances are
    predicted in pixels, not as shares of a cell like all other outputs: their layer learns in
    units of a radius.
    """
    return [
        radius_px if layer.name == DISTANCES else 1.0
        for layer in model.keras_model.layers
        for _ in layer.trainable_variables
    ]


def _start_well(model: StarDist2D, *, radius_px: float) -> None:
    """Scales fresh weights so that short trainings get somewhere.

    StarDist draws them as Glorot and Bengio 2010 do, which loses about a factor of the square root
    of 2 in each layer of ReLUs; scaled as in He et al. 2015 (arXiv:1502.01852) the signal keeps
    its size. Distances start at a radius instead of 0, which is far from every target.
    """
    for layer in model.keras_model.layers:
        if layer.name not in HEAD_LAYERS and isinstance(layer, keras.layers.Conv2D):
            fan_in, fan_out = layer.kernel.shape[2:]
            layer.kernel.assign(layer.kernel * math.sqrt((fan_in + fan_out) / fan_in))
    distances = model.keras_model.get_layer(DISTANCES)
    distances.bias.assign(np.full(distances.bias.shape, radius_px, np.float32))


def training_settings(training: TrainingSpec) -> dict[str, Any]:
    """Settings of a StarDist configuration that concern training; our callbacks do the rest."""
    return {
        "train_patch_size": (training.crop_px, training.crop_px),
        "train_batch_size": training.batch_size,
        "train_epochs": training.evaluations,
        "train_steps_per_epoch": math.ceil(training.steps / training.evaluations),
        "train_learning_rate": training.learning_rate,
        "train_reduce_lr": None,
        "train_tensorboard": False,
    }


def refuse_odd_crops(config: Config2D, *, crop_px: int) -> None:
    multiple = config.grid[0] * config.unet_pool[0] ** config.unet_n_depth
    if crop_px % multiple:
        raise ValueError(
            f"crop_px must be a multiple of grid * 2 ** depth = {multiple} for StarDist, but got "
            f"{crop_px}: take {multiple * math.ceil(crop_px / multiple)}, or a smaller depth."
        )


def silently(function: Any, *arguments: Any, **named: Any) -> Any:
    """Calls what prints to standard output, which belongs to the study's own display.

    Keras 3.15 saves variables in a way that makes numpy 2 warn for each of them.
    """
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return function(*arguments, **named)
