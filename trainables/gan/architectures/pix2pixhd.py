"""The `pix2pixhd` architecture: matches the features of two judges instead of the real pixels.

Source: Wang et al. 2018, "High-Resolution Image Synthesis and Semantic Manipulation with
Conditional GANs" (arXiv:1711.11585): residual generator, discriminators at several scales, least
squares, feature matching. Its channel of instance edges is the condition's boundary. Different
here: two scales, not three, and judges with spectral normalisation. Left out: the local enhancer,
made for images of 2048 pixels, and the VGG loss, which needs public weights.
"""

from functools import partial

import torch
from torch import Tensor, nn

from trainables.gan.adversary import Batch, Fakes, Terms
from trainables.gan.architectures.blocks import (
    ResidualGenerator,
    condition_channels,
    judgements,
    paint_over,
)
from trainables.gan.architectures.multi_scale import MultiScaleAdversary, mean
from trainables.gan.losses import least_squares
from trainables.spec.gan_spec import GanSpec

LEVELS = 2
"""Number of times the generator halves the resolution; the paper has 4, for 10 times the size."""
BLOCKS = 4
"""Residual blocks; the paper has 9."""


class Pix2pixHD(MultiScaleAdversary):
    """See `Adversary`."""

    momenta = (0.5, 0.999)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        generator = Pix2pixHDGenerator(
            width=spec.width, channels=channels, noise_channels=self.noise_channels
        )
        super().__init__(spec, channels=channels, generator=generator)

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        real = judgements(self.judge(batch, batch.images))
        painted = judgements(self.judge(batch, fakes["image"]))
        return {
            "real": mean([least_squares(judged, real=True) for judged in real]) / 2,
            "painted": mean([least_squares(judged, real=False) for judged in painted]) / 2,
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        return self.fooling_loss(batch, fakes, partial(least_squares, real=True))


class Pix2pixHDGenerator(nn.Module):
    """The global generator; noise joins the condition in place of the paper's instance features."""

    def __init__(self, *, width: int, channels: int, noise_channels: int) -> None:
        super().__init__()
        self.network = ResidualGenerator(
            before=condition_channels(channels) + noise_channels,
            after=channels,
            width=width,
            levels=LEVELS,
            blocks=BLOCKS,
        )

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """float [N, 4 + 2C, H, W] and [N, noise_channels, H, W] to images [N, C, H, W]."""
        return paint_over(condition, self.network(torch.cat([condition, noise], dim=1)))
