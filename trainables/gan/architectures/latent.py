"""Noise as the only input of a generator: a map of codes, which allows images of any size."""

from torch import Tensor
from torch.nn import functional

from trainables.gan.architectures.blocks import with_style

LEVELS = 4
"""Number of times the resolution doubles from the map of codes to the image."""
LATENT_STRIDE = 2**LEVELS
"""Pixels of the image for each code."""


def latent(noise: Tensor) -> Tensor:
    """Codes of unit variance, float [N, Z, H / 16, W / 16], from noise float [N, Z, H, W].

    The first half is the same all over the image, its style; the rest differs from place to
    place, its content. A single code for the whole image would fix its size.

    Source: spatial codes, Jetchev et al. 2016 (arXiv:1611.08207).
    """
    return with_style(functional.avg_pool2d(noise, LATENT_STRIDE) * LATENT_STRIDE)
