"""The smallest GAN that keeps the contract: one convolution paints, one judges."""

import torch
from torch import Tensor, nn

from trainables.gan.adversary import Batch, Fakes, Terms, where_known
from trainables.gan.architectures.blocks import condition_channels, look, paint_over
from trainables.gan.losses import hinge_discriminator, hinge_generator
from trainables.spec.gan_spec import GanSpec


class ToyGan:
    """See `Adversary`."""

    noise_channels = 2
    momenta = (0.0, 0.9)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        self.generator: nn.Module = ToyGenerator(channels, noise_channels=self.noise_channels)
        self.discriminator: nn.Module = nn.Conv2d(
            condition_channels(channels) + channels, 1, 3, padding=1
        )
        self._feature_weight = spec.feature_weight

    def make(self, batch: Batch) -> Fakes:
        return {"image": where_known(batch, self.generator(batch.condition, batch.noise))}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        real, painted = self._judge(batch, batch.images), self._judge(batch, fakes["image"])
        return {"hinge": hinge_discriminator(real, painted)}

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        spread = fakes["image"].float().std() - batch.images.std()
        return {
            "hinge": hinge_generator(self._judge(batch, fakes["image"])),
            "spread": self._feature_weight * spread.abs(),
        }

    def _judge(self, batch: Batch, images: Tensor) -> Tensor:
        judged: Tensor = self.discriminator(look(*batch.augment(batch.condition, images)))
        return judged


class ToyGenerator(nn.Module):
    """Paints what differs from the flat colours that it is told."""

    def __init__(self, channels: int, *, noise_channels: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(condition_channels(channels) + noise_channels, channels, 3, padding=1)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """float [N, 4 + 2C, H, W] and [N, noise_channels, H, W] to images [N, C, H, W]."""
        return paint_over(condition, self.head(torch.cat([condition, noise], dim=1)))
