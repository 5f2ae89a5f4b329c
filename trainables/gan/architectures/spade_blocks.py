"""Spatially-adaptive normalisation, and the generator that SPADE and OASIS share."""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from trainables.gan.architectures.blocks import (
    condition_channels,
    downsample,
    level_widths,
    paint_over,
    pyramid,
    upsample,
    with_style,
)

LEVELS = 4
"""Number of times the resolution doubles from the coarsest level; the paper has 6, at 256 px."""
HIDDEN = 32
"""Channels between the map and what it modulates; the paper has 128."""


class Spade(nn.Module):
    """Normalises features, then scales and shifts each pixel as the map says.

    Source: Park et al. 2019 (arXiv:1903.07291), section 3, with instance normalisation: batches are
    small, and images are painted at sizes other than those of training.
    """

    def __init__(self, width: int, *, guide_channels: int) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(width)
        self.shared = nn.Conv2d(guide_channels, HIDDEN, 3, padding=1)
        self.scale = nn.Conv2d(HIDDEN, width, 3, padding=1)
        self.shift = nn.Conv2d(HIDDEN, width, 3, padding=1)

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """float [N, width, H, W] and the map [N, guide_channels, H, W] at the same resolution."""
        shared = functional.relu(self.shared(guide))
        return self.norm(x) * (1 + self.scale(shared)) + self.shift(shared)


class SpadeBlock(nn.Module):
    """A residual block with SPADE before each convolution; fig. 4 of the paper."""

    def __init__(self, before: int, after: int, *, guide_channels: int) -> None:
        super().__init__()
        self.spade_in = Spade(before, guide_channels=guide_channels)
        self.conv_in = spectral_norm(nn.Conv2d(before, after, 3, padding=1))
        self.spade_out = Spade(after, guide_channels=guide_channels)
        self.conv_out = spectral_norm(nn.Conv2d(after, after, 3, padding=1))
        self.beside = spectral_norm(nn.Conv2d(before, after, 1, bias=False))

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        within = self.conv_in(functional.leaky_relu(self.spade_in(x, guide), 0.2))
        within = self.conv_out(functional.leaky_relu(self.spade_out(within, guide), 0.2))
        return self.beside(x) + within


class SpadeGenerator(nn.Module):
    """Paints from coarse to fine, given the guide at every resolution.

    It starts from the guide at the coarsest resolution, as the paper's variant without an encoder
    does, and so paints maps of any size.
    """

    def __init__(self, *, width: int, channels: int, noise_channels: int) -> None:
        super().__init__()
        guide_channels = condition_channels(channels) + noise_channels
        widths = level_widths(width, levels=LEVELS)[::-1]
        self.start = nn.Conv2d(guide_channels, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(
            SpadeBlock(coarse, fine, guide_channels=guide_channels)
            for coarse, fine in itertools.pairwise(widths)
        )
        self.last = SpadeBlock(width, width, guide_channels=guide_channels)
        self.head = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """float [N, 4 + 2C, H, W] and [N, noise_channels, H, W] to images [N, C, H, W].

        Half of the noise is made constant over the image, as its style; the rest varies from pixel
        to pixel, as the grain of micrographs does.
        """
        guide = torch.cat([condition, with_style(noise)], dim=1)
        guides = pyramid(guide, levels=LEVELS)
        guides.append(downsample(guides[-1]))
        x = self.start(guides[-1])
        for block, level in zip(self.blocks, reversed(guides), strict=False):
            x = upsample(block(x, level))
        x = self.last(x, guide)
        return paint_over(condition, self.head(functional.leaky_relu(x, 0.2)))
