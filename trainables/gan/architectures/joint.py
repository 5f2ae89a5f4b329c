"""The `joint` architecture: makes image and instance map together, from noise alone.

So it also makes new shapes and arrangements of cells, and needs no mask source.

Source: Huang et al. 2025, "The GAN is dead; long live the GAN! A Modern GAN Baseline"
(arXiv:2501.05441): relativistic pairing loss with R1 and R2, residual networks without
normalisation, grouped convolutions in inverted bottlenecks, interpolation for resampling, small
initial residuals. Different here: fewer and narrower blocks, codes in a map (latent.py), and a
judgement of each region. Left out: the paper's schedules of penalty, momentum and running mean; the
learning rate falls as it does for every architecture.
"""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.gan.adversary import Batch, Fakes, Terms
from trainables.gan.architectures.blocks import downsample, level_widths, upsample
from trainables.gan.architectures.latent import LEVELS, latent
from trainables.gan.architectures.relief import RELIEF_CHANNELS, as_judged, real_with_relief
from trainables.gan.losses import relativistic, zero_centred_penalty
from trainables.spec.gan_spec import GanSpec

EXPANSION = 2
"""Channels within a block for each channel between blocks."""
GROUP_WIDTH = 8
"""Channels of each group of the grouped convolution."""
SMALL = 0.5
"""Initial scale of the last layer of each block, as a share of the usual one."""


class Joint:
    """See `Adversary`."""

    noise_channels = 32
    momenta = (0.0, 0.99)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        outputs = channels + RELIEF_CHANNELS
        self.generator: nn.Module = JointGenerator(
            width=spec.width, outputs=outputs, noise_channels=self.noise_channels
        )
        self.discriminator: nn.Module = JointDiscriminator(width=spec.width, inputs=outputs)
        self._penalty_weight = spec.penalty_weight

    def make(self, batch: Batch) -> Fakes:
        return {"image": self.generator(batch.condition, batch.noise)}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        real = as_judged(batch, real_with_relief(batch)).requires_grad_(True)
        made = as_judged(batch, fakes["image"]).requires_grad_(True)
        judged_real, judged_made = self.discriminator(real), self.discriminator(made)
        half = self._penalty_weight / 2
        return {
            "pairing": relativistic(judged_real, judged_made),
            "r1": half * zero_centred_penalty(judged_real, real),
            "r2": half * zero_centred_penalty(judged_made, made),
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        with torch.no_grad():
            judged_real = self.discriminator(as_judged(batch, real_with_relief(batch)))
        judged_made = self.discriminator(as_judged(batch, fakes["image"]))
        return {"pairing": relativistic(judged_made, judged_real)}


class JointGenerator(nn.Module):
    """Codes to image and relief."""

    def __init__(self, *, width: int, outputs: int, noise_channels: int) -> None:
        super().__init__()
        widths = level_widths(width, levels=LEVELS)[::-1]
        self.start = nn.Conv2d(noise_channels, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(Residual(before) for before in widths)
        self.change = nn.ModuleList(
            nn.Conv2d(before, after, 1, bias=False) for before, after in itertools.pairwise(widths)
        )
        self.head = nn.Conv2d(widths[-1], outputs, 1)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """float [N, noise_channels, H, W] to [N, outputs, H, W]; the condition is ignored."""
        x = self.blocks[0](self.start(latent(noise)))
        for change, block in zip(self.change, self.blocks[1:], strict=True):
            x = block(upsample(change(x)))
        return self.head(x)


class JointDiscriminator(nn.Module):
    """The generator reversed: image and relief to a judgement of each region of 16 pixels.

    One judgement per region, since crops may have any size and a few crops say more that way.
    """

    def __init__(self, *, width: int, inputs: int) -> None:
        super().__init__()
        widths = level_widths(width, levels=LEVELS)
        self.start = nn.Conv2d(inputs, widths[0], 1)
        self.blocks = nn.ModuleList(Residual(before) for before in widths)
        self.change = nn.ModuleList(
            nn.Conv2d(before, after, 1, bias=False) for before, after in itertools.pairwise(widths)
        )
        self.head = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """float [N, inputs, H, W] to [N, 1, H / 16, W / 16]."""
        x = self.blocks[0](self.start(images))
        for change, block in zip(self.change, self.blocks[1:], strict=True):
            x = block(change(downsample(x)))
        return self.head(x)


class Residual(nn.Module):
    """An inverted bottleneck with a grouped convolution, without normalisation.

    Its last layer starts small, so that depth does not blow up the signal at the start (Zhang et
    al. 2019, arXiv:1901.09321, start it at 0, which costs a short fit too many steps).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = EXPANSION * width
        self.widen = nn.Conv2d(width, inner, 1)
        self.within = nn.Conv2d(
            inner, inner, 3, padding=1, groups=math.gcd(inner, inner // GROUP_WIDTH), bias=False
        )
        self.narrow = nn.Conv2d(inner, width, 1, bias=False)
        nn.init.normal_(self.narrow.weight, std=SMALL / math.sqrt(inner))

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.leaky_relu(self.widen(x), 0.2)
        inner = functional.leaky_relu(self.within(inner), 0.2)
        return x + self.narrow(inner)
