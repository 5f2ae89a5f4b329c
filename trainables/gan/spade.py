"""The `spade` architecture: the instance map modulates every layer, and a code sets the style.

Source: Park et al. 2019, "Semantic Image Synthesis with Spatially-Adaptive Normalization"
(arXiv:1903.07291): SPADE generator, discriminators at two scales, hinge loss, feature matching,
two learning rates. Left out: the VGG loss and the style encoder, which would need public weights
and more images; the style is drawn at random, one code an image.
"""

import torch
from torch import Tensor, nn

from trainables.gan.adversary import Batch, Fakes, Terms, where_known
from trainables.gan.blocks import (
    MultiScaleDiscriminator,
    condition_channels,
    evidence,
    judgements,
    look,
)
from trainables.gan.losses import feature_matching, hinge_discriminator, hinge_generator
from trainables.gan.spade_blocks import SpadeGenerator, with_noise
from trainables.gan_spec import GanSpec

STYLE_CHANNELS = 2
"""Of the noise: made constant over the image, the style; the others vary from pixel to pixel."""


class SpadeGan:
    """See `Adversary`."""

    noise_channels = 4
    momenta = (0.0, 0.999)
    paired = True
    makes_labels = False

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        self.generator: nn.Module = StyledGenerator(
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
        losses = [hinge_discriminator(a, b) for a, b in zip(real, painted, strict=True)]
        return {"hinge": torch.stack(losses).mean()}

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        with torch.no_grad():
            real = self._judge(batch, batch.images)
        painted = self._judge(batch, fakes["image"])
        judged = [hinge_generator(scale) for scale in judgements(painted)]
        matching = feature_matching(evidence(real), evidence(painted))
        return {
            "adversarial": torch.stack(judged).mean(),
            "features": self._feature_weight * matching,
        }

    def _judge(self, batch: Batch, images: Tensor) -> list[list[Tensor]]:
        scales: list[list[Tensor]] = self.discriminator(
            look(*batch.augment(batch.condition, images))
        )
        return scales


class StyledGenerator(nn.Module):
    """The SPADE generator, told a style beside the condition."""

    def __init__(self, *, width: int, channels: int, noise_channels: int) -> None:
        super().__init__()
        guide_channels = condition_channels(channels) + noise_channels
        self.network = SpadeGenerator(width=width, channels=channels, guide_channels=guide_channels)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """float [N, 4 + 2C, H, W] and [N, noise_channels, H, W] to images [N, C, H, W]."""
        style = noise[:, :STYLE_CHANNELS, :1, :1].expand(-1, -1, *noise.shape[2:])
        told = torch.cat([style, noise[:, STYLE_CHANNELS:]], dim=1)
        return self.network(condition, with_noise(condition, told))
