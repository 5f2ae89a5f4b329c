"""Instance maps as smooth images that a network can make, and their decoding to instances.

A one-hot map shows any discriminator at a glance what is real: no network makes exact zeros.
The relief has soft outlines, rises from 0 at every cell's boundary to 1 at its deepest pixel, and
so keeps touching cells apart.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from trainables.gan.adversary import Batch
from trainables.gan.conditioning import SHAPE_CHANNELS
from trainables.networks.instances import decode_watershed

RELIEF_CHANNELS = 2
"""Foreground, depth."""
SMALLEST_PX = 20
"""Decoded cells with fewer pixels are dropped."""


def relief(condition: Tensor) -> Tensor:
    """From the shape maps of a condition float [N, 4 + ..., H, W] to [N, 2, H, W].

    Returns:
        Foreground: 1 within cells, 0 outside, about 0.5 on outlines; depth: 0 outside cells and
        on outlines, 1 at the deepest pixel of each cell.
    """
    _, interior, boundary, depth = condition[:, :SHAPE_CHANNELS].unbind(dim=1)
    maps = torch.stack([interior + 0.5 * boundary, depth], dim=1)
    return functional.avg_pool2d(maps, 3, stride=1, padding=1, count_include_pad=False)


def real_with_relief(batch: Batch) -> Tensor:
    """Real images with their relief, float [N, C + 2, P, P]."""
    return torch.cat([batch.images, relief(batch.condition)], dim=1)


def as_judged(batch: Batch, made: Tensor) -> Tensor:
    """Images with relief as a discriminator sees them: augmented, and masked where the real labels
    are unknown."""
    hidden = made.float() * batch.known
    return batch.augment(hidden[:, :0], hidden)[1]


def decode_relief(maps: np.ndarray) -> np.ndarray:
    """From float32 [2, H, W], as `relief` makes it, to int32 [H, W] labels, 0 background."""
    return decode_watershed(
        np.clip(maps[1], 0, 1),
        maps[0],
        smoothing_px=1.0,
        interior_threshold=0.3,
        foreground_threshold=0.5,
        smallest_px=SMALLEST_PX,
    )
