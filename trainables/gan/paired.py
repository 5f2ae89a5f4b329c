"""The `paired` architecture: an instance map and noise become an image, judged patch by patch.

Source: Isola et al. 2017 (arXiv:1611.07004) for the pair of U-Net and patch discriminator.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from trainables.gan.conditioning import SHAPE_CHANNELS
from trainables.spec import GanSpec

NOISE_CHANNELS = 4
"""Channels of white noise given to every level of the generator: one mask, many images."""
LEVELS = 3
"""Times the generator halves the resolution; crops are multiples of 2 ** LEVELS."""
SMALLEST_SPREAD = 0.02
"""Added to the contrast that is told, so that flat ground does not divide by 0."""
PATCH_WIDTH = 32
"""Channels of the discriminator's first level."""


def make_networks(spec: GanSpec, channels: int) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator for images of C channels, with random weights."""
    return (
        PairedGenerator(width=spec.width, channels=channels),
        PatchDiscriminator(channels=channels),
    )


class PairedGenerator(nn.Module):
    """A U-Net that paints what differs from the flat colours it is told.

    Upsampling interpolates and then convolves: transposed convolutions leave stripes (Odena et
    al. 2016, doi:10.23915/distill.00003), and repeated pixels blocks. Downsampling averages:
    strided convolutions would look to one side, and shade every cell on that side. Noise enters
    at every level of the decoder, so that it can vary coarse shading and fine grain alike (Karras
    et al. 2019, arXiv:1812.04948).
    """

    def __init__(self, *, width: int, channels: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS + 1)]
        self.channels = channels
        self.stem = _block(SHAPE_CHANNELS + 2 * channels + NOISE_CHANNELS, width)
        self.down = nn.ModuleList(
            _block(fine, coarse) for fine, coarse in itertools.pairwise(widths)
        )
        self.narrow = nn.ModuleList(
            nn.Conv2d(coarse, fine, 1) for fine, coarse in itertools.pairwise(widths)
        )
        self.up = nn.ModuleList(_block(2 * fine + NOISE_CHANNELS, fine) for fine in widths[:-1])
        self.head = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """Paints images.

        Args:
            condition: float [N, 4 + 2C, H, W], see conditioning.py.
            noise: float [N, NOISE_CHANNELS, H, W], standard normal.

        Returns:
            float [N, C, H, W].
        """
        noises = _noise_pyramid(noise)
        features = [self.stem(torch.cat([condition, noise], dim=1))]
        for down in self.down:
            features.append(down(functional.avg_pool2d(features[-1], 2)))
        x = features[-1]
        for level in reversed(range(LEVELS)):
            x = functional.interpolate(self.narrow[level](x), scale_factor=2.0, mode="bilinear")
            x = self.up[level](torch.cat([x, features[level], noises[level]], dim=1))
        mean, spread = colours(condition)
        return mean + spread * self.head(x)


class PatchDiscriminator(nn.Module):
    """Judges whether patches of an image look real and fit the instance map.

    Spectral normalisation: Miyato et al. 2018 (arXiv:1802.05957).
    """

    def __init__(self, *, channels: int) -> None:
        super().__init__()
        widths = [SHAPE_CHANNELS + 3 * channels, *(PATCH_WIDTH * 2**level for level in range(3))]
        self.levels = nn.ModuleList(
            spectral_norm(nn.Conv2d(before, after, 4, stride=2, padding=1))
            for before, after in itertools.pairwise(widths)
        )
        self.head = spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, condition: Tensor, image: Tensor) -> Tensor:
        """float [N, 4 + 2C, H, W] and [N, C, H, W] to logits [N, 1, H / 8, W / 8]."""
        mean, spread = colours(condition)
        x = torch.cat([condition, (image - mean) / spread], dim=1)
        for level in self.levels:
            x = functional.leaky_relu(level(x), 0.2)
        return self.head(x)


def colours(condition: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and the spread that each pixel's cell, or the background, is told to have.

    Softened across outlines, as every lens does: a painted cell shall not end in steps of pixels.
    """
    soft = condition[:, SHAPE_CHANNELS:]
    for _ in range(2):
        soft = functional.avg_pool2d(soft, 3, stride=1, padding=1, count_include_pad=False)
    mean, spread = soft.chunk(2, dim=1)
    return mean, spread + SMALLEST_SPREAD


def _block(before: int, after: int) -> nn.Sequential:
    groups = after // 8 if after % 8 == 0 else 1
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1),
        nn.GroupNorm(groups, after),
        nn.LeakyReLU(0.2),
    )


def _noise_pyramid(noise: Tensor) -> list[Tensor]:
    """Noise at each resolution, of unit variance: the mean of 4 halves the deviation."""
    noises = [noise]
    for _ in range(LEVELS - 1):
        noises.append(2 * functional.avg_pool2d(noises[-1], 2))
    return noises
