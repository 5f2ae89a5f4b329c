"""The `pix2pixhd` architecture: no real pixels, but the features that two judges judge by.

Source: Wang et al. 2018, "High-Resolution Image Synthesis and Semantic Manipulation with
Conditional GANs" (arXiv:1711.11585): residual generator, discriminators at several scales, least
squares, feature matching. Its channel of instance edges is the condition's boundary. Left out: the
local enhancer, made for images of 2048 pixels, and the VGG loss, which needs public weights.
"""

import torch
from torch import Tensor, nn

from trainables.gan.adversary import Batch, Fakes, Terms, where_known
from trainables.gan.blocks import (
    MultiScaleDiscriminator,
    ResidualGenerator,
    condition_channels,
    evidence,
    judgements,
    look,
    paint_over,
)
from trainables.gan.losses import feature_matching, least_squares
from trainables.gan_spec import GanSpec

LEVELS = 2
"""Times the generator halves the resolution; the paper has 4, for images ten times as large."""
BLOCKS = 4
"""Residual blocks; the paper has 9."""


class Pix2pixHD:
    """See `Adversary`."""

    noise_channels = 4
    momenta = (0.5, 0.999)
    paired = True
    makes_labels = False

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        self.generator: nn.Module = Pix2pixHDGenerator(
            width=spec.width, channels=channels, noise_channels=self.noise_channels
        )
        self.discriminator: nn.Module = MultiScaleDiscriminator(
            before=condition_channels(channels) + channels, normalise=True
        )
        self._feature_weight = spec.feature_weight

    def make(self, batch: Batch) -> Fakes:
        return {"image": where_known(batch, self.generator(batch.condition, batch.noise))}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        real = judgements(self._judge(batch, batch.images))
        painted = judgements(self._judge(batch, fakes["image"]))
        return {
            "real": _mean([least_squares(judged, real=True) for judged in real]) / 2,
            "painted": _mean([least_squares(judged, real=False) for judged in painted]) / 2,
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        with torch.no_grad():
            real = self._judge(batch, batch.images)
        painted = self._judge(batch, fakes["image"])
        matching = feature_matching(evidence(real), evidence(painted))
        return {
            "adversarial": _mean(
                [least_squares(judged, real=True) for judged in judgements(painted)]
            ),
            "features": self._feature_weight * matching,
        }

    def _judge(self, batch: Batch, images: Tensor) -> list[list[Tensor]]:
        scales: list[list[Tensor]] = self.discriminator(
            look(*batch.augment(batch.condition, images))
        )
        return scales


class Pix2pixHDGenerator(nn.Module):
    """The global generator; noise joins the condition, for the paper's features of instances."""

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


def _mean(values: list[Tensor]) -> Tensor:
    return torch.stack(values).mean()
