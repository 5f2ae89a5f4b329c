"""How the learning rate runs over a training, and how it differs from layer to layer.

Two pure functions: the three families differ only in how they hand the product to their
optimiser (parameter groups in torch, a per-variable learning rate in Keras).
"""

import math

from trainables.spec import ScheduleName

HEAD = 1.0
"""Depth of the last layers, which turn features into predictions."""
ENCODER_END = 0.5
"""Layers with a smaller depth belong to the encoder, the others to the decoder and head."""
WARM_UP = 0.05
"""Share of the training in which the learning rate rises."""


def decay(progress: float) -> float:
    """The learning rate of all layers as a share of its peak: a warm-up, then half a cosine.

    Args:
        progress: share of the images seen so far, in [0, 1].

    Source: Loshchilov and Hutter 2017 (arXiv:1608.03983), one cycle without restarts.
    """
    if progress < WARM_UP:
        return (progress + 0.1 * WARM_UP) / (1.1 * WARM_UP)
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def lr_multiplier(schedule: ScheduleName, depth: float, progress: float) -> float:
    """How much of the learning rate a layer gets; exactly 0 means frozen.

    Args:
        schedule: how training moves away from pretrained weights.
        depth: where the layer lies, 0 at the input and 1 at the head.
        progress: share of the images seen so far, in [0, 1].

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
        return float(10.0 ** (depth - HEAD))
    if schedule == "gradual_unfreezing":
        return 1.0 if progress >= 0.5 * (HEAD - depth) else 0.0
    if schedule == "head_then_full":
        return 1.0 if depth >= HEAD or progress >= 0.2 else 0.0
    raise ValueError(f"There is no schedule {schedule!r}; see ScheduleName in trainables/spec.py.")
