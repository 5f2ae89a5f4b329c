"""The parts that several architectures are built from."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from trainables.gan.conditioning import SHAPE_CHANNELS

SMALLEST_SPREAD = 0.02
"""Added to the given contrast, so that flat regions do not cause a division by 0."""
PATCH_WIDTH = 32
"""Channels of a discriminator's first level."""
PATCH_LEVELS = 3
"""Number of times a discriminator halves the resolution; its patches then have about 34 pixels."""
LARGEST_GROWTH = 8
"""Coarse levels have at most this many times the channels of the finest."""


def colours(condition: Tensor) -> tuple[Tensor, Tensor]:
    """The given mean and spread of each pixel's cell, or of the background.

    Softened across outlines, as every lens does, so that painted cells do not end in pixel steps.
    """
    soft = condition[:, SHAPE_CHANNELS:]
    for _ in range(2):
        soft = functional.avg_pool2d(soft, 3, stride=1, padding=1, count_include_pad=False)
    mean, spread = soft.chunk(2, dim=1)
    return mean, spread + SMALLEST_SPREAD


def paint_over(condition: Tensor, strokes: Tensor) -> Tensor:
    """The given colours plus a network's output, in units of the given contrast."""
    mean, spread = colours(condition)
    return mean + spread * strokes


def look(condition: Tensor, image: Tensor) -> Tensor:
    """What a conditional discriminator sees: the condition, and how the image differs from it."""
    mean, spread = colours(condition)
    return torch.cat([condition, (image - mean) / spread], dim=1)


def condition_channels(channels: int) -> int:
    """Channels of a condition for images of C channels."""
    return SHAPE_CHANNELS + 2 * channels


def level_widths(width: int, *, levels: int) -> list[int]:
    """Channels at full resolution and at each halved level below it, the coarsest last."""
    return [width * min(2**level, LARGEST_GROWTH) for level in range(levels + 1)]


def groups_of(width: int) -> int:
    """Groups of eight channels, for a group norm; one group where they do not divide."""
    return width // 8 if width % 8 == 0 else 1


def upsample(x: Tensor) -> Tensor:
    """Twice the side. Transposed convolutions leave stripes (Odena et al. 2016,
    doi:10.23915/distill.00003), and repeated pixels blocks."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def downsample(x: Tensor) -> Tensor:
    """Half the side. A strided convolution in a generator would look to one side and shade every
    cell on that side."""
    return functional.avg_pool2d(x, 2)


def pyramid(x: Tensor, *, levels: int) -> list[Tensor]:
    """The maps at full, half, ... resolution."""
    maps = [x]
    for _ in range(levels - 1):
        maps.append(downsample(maps[-1]))
    return maps


def noise_pyramid(noise: Tensor, *, levels: int) -> list[Tensor]:
    """Noise at each resolution, of unit variance: the mean of 4 halves the deviation."""
    return [x * 2.0**level for level, x in enumerate(pyramid(noise, levels=levels))]


def with_style(noise: Tensor) -> Tensor:
    """Noise whose first half is the same all over each image, its style; float [N, Z, H, W]."""
    half = noise.shape[1] // 2
    style = noise[:, :half, :1, :1].expand(-1, -1, *noise.shape[2:])
    return torch.cat([style, noise[:, half:]], dim=1)


class ResidualBlock(nn.Module):
    """Two convolutions beside the identity, as in Johnson et al. 2016 (arXiv:1603.08155)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.InstanceNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class ResidualGenerator(nn.Module):
    """Down, residual blocks, up: the generator of CycleGAN and the global one of pix2pixHD."""

    def __init__(self, *, before: int, after: int, width: int, levels: int, blocks: int) -> None:
        super().__init__()
        widths = level_widths(width, levels=levels)
        self.stem = _conv(before, width, kernel=7)
        self.down = nn.ModuleList(
            _conv(fine, coarse) for fine, coarse in itertools.pairwise(widths)
        )
        self.body = nn.Sequential(*(ResidualBlock(widths[-1]) for _ in range(blocks)))
        self.up = nn.ModuleList(
            _conv(coarse, fine) for coarse, fine in itertools.pairwise(widths[::-1])
        )
        self.head = nn.Conv2d(width, after, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        """float [N, before, H, W] to [N, after, H, W]."""
        x = self.stem(x)
        for down in self.down:
            x = down(downsample(x))
        x = self.body(x)
        for up in self.up:
            x = up(upsample(x))
        return self.head(x)


class PatchDiscriminator(nn.Module):
    """Judges patches of an image, and shows the features it judges by.

    Source: Isola et al. 2017 (arXiv:1611.07004); spectral normalisation: Miyato et al. 2018
    (arXiv:1802.05957).
    """

    def __init__(self, *, before: int, normalise: bool = False) -> None:
        super().__init__()
        widths = [before, *(PATCH_WIDTH * 2**level for level in range(PATCH_LEVELS))]
        self.levels = nn.ModuleList(
            _patch_level(fine, coarse, normalise=normalise and n > 0)
            for n, (fine, coarse) in enumerate(itertools.pairwise(widths))
        )
        self.head = spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, x: Tensor) -> list[Tensor]:
        """From float [N, before, H, W]: the features of every level, the judgement last.

        The judgement is [N, 1, H / 8, W / 8].
        """
        found = []
        for level in self.levels:
            x = functional.leaky_relu(level(x), 0.2)
            found.append(x)
        return [*found, self.head(x)]


class MultiScaleDiscriminator(nn.Module):
    """The same kind of judge at full and at half resolution.

    Source: Wang et al. 2018 (arXiv:1711.11585), with two scales instead of three: crops are small.
    """

    SCALES = 2

    def __init__(self, *, before: int, normalise: bool) -> None:
        super().__init__()
        self.judges = nn.ModuleList(
            PatchDiscriminator(before=before, normalise=normalise) for _ in range(self.SCALES)
        )

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        """The features of each scale, its judgement last."""
        scales = pyramid(x, levels=self.SCALES)
        return [judge(scale) for judge, scale in zip(self.judges, scales, strict=True)]


def judgements(scales: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """The judgement of each scale."""
    return [features[-1] for features in scales]


def evidence(scales: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """The features of all scales, without the judgements."""
    return [feature for features in scales for feature in features[:-1]]


def _conv(before: int, after: int, *, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, padding=kernel // 2),
        nn.InstanceNorm2d(after),
        nn.ReLU(),
    )


def _patch_level(before: int, after: int, *, normalise: bool) -> nn.Module:
    conv = spectral_norm(nn.Conv2d(before, after, 4, stride=2, padding=1))
    return nn.Sequential(conv, nn.InstanceNorm2d(after)) if normalise else conv
