"""How the learning rate changes over a training, and how it differs from layer to layer.

Pure functions: the three families differ only in how they hand the rates to their optimiser
(parameter groups in torch, a per-variable learning rate in Keras).
"""

import math

from trainables.spec.training_spec import DecayName, ScheduleName, TrainingSpec

HEAD = 1.0
"""Depth of the last layers, which turn features into predictions."""
ENCODER_END = 0.5
"""Layers with a smaller depth belong to the encoder, the others to the decoder and head."""


def learning_rate(training: TrainingSpec, *, depth: float, progress: float) -> float:
    """The learning rate of a layer; exactly 0 means frozen.

    Args:
        training: its peak learning rate, its schedule, and the settings of both.
        depth: where the layer lies, 0 at the input and 1 at the head.
        progress: share of the images seen so far, in [0, 1].
    """
    multiplier = lr_multiplier(
        training.schedule,
        depth,
        progress,
        layerwise_decay=training.layerwise_decay,
        unfreezing=training.unfreezing,
        head_only=training.head_only,
    )
    run = decay(progress, warm_up=training.warm_up, shape=training.decay)
    return training.learning_rate * run * multiplier


def decay(progress: float, *, warm_up: float = 0.05, shape: DecayName = "cosine") -> float:
    """The learning rate of all layers as a share of its peak: a warm-up, then a decay.

    Args:
        progress: share of the images seen so far, in [0, 1].
        warm_up: share of the training during which it rises, from a little above 0.
        shape: half a cosine, down to 0, or constant.

    Source: Loshchilov and Hutter 2017 (arXiv:1608.03983), one cycle without restarts.
    """
    if progress < warm_up:
        return (progress + 0.1 * warm_up) / (1.1 * warm_up)
    if shape == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def lr_multiplier(
    schedule: ScheduleName,
    depth: float,
    progress: float,
    *,
    layerwise_decay: float = 0.1,
    unfreezing: float = 0.5,
    head_only: float = 0.2,
) -> float:
    """Factor on a layer's learning rate; exactly 0 means frozen.

    Args:
        schedule: how training moves away from pretrained weights.
        depth: where the layer lies, 0 at the input and 1 at the head.
        progress: share of the images seen so far, in [0, 1].
        layerwise_decay: of `discriminative`, what the input gets, in (0, 1].
        unfreezing: of `gradual_unfreezing`, when the input is unfrozen, in [0, 1).
        head_only: of `head_then_full`, when all else is unfrozen, in [0, 1).

    Returns:
        A factor in [0, 1] on the learning rate.

    Sources: discriminative rates and gradual unfreezing, Howard and Ruder 2018
    (arXiv:1801.06146); the head first and then all, Kumar et al. 2022 (arXiv:2202.10054).
    """
    if schedule == "full":
        return 1.0
    if schedule == "frozen_encoder":
        return 0.0 if depth < ENCODER_END else 1.0
    if schedule == "discriminative":
        return float(layerwise_decay ** (HEAD - depth))
    if schedule == "gradual_unfreezing":
        return 1.0 if progress >= unfreezing * (HEAD - depth) else 0.0
    if schedule == "head_then_full":
        return 1.0 if depth >= HEAD or progress >= head_only else 0.0
    raise ValueError(f"There is no schedule {schedule!r}; see trainables/spec/training_spec.py.")


def averaging_decay(training: TrainingSpec, step: int) -> float:
    """What the moving average of the weights keeps of itself at a step, counted from 1.

    At the start it follows the weights closely, so that it never lags behind the training by
    more than about a tenth of it.

    Source: Polyak and Juditsky 1992 (doi:10.1137/0330046), as an exponential average.
    """
    settled = math.exp(-1 / (training.averaging * training.steps))
    return min(settled, step / (step + 9))
