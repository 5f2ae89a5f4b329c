"""The `paired` architecture: an instance map and noise become an image, judged patch by patch.

Pix2pix, changed where few images and short training call for it: hinge loss, spectral
normalisation, little weight on the pixels, noise at every level. The default, because it gives
usable cells after the fewest steps.

Source: Isola et al. 2017 (arXiv:1611.07004) for the pair of U-Net and patch discriminator.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.gan.adversary import Batch, Fakes, Terms, where_known
from trainables.gan.architectures.blocks import (
    PatchDiscriminator,
    condition_channels,
    downsample,
    groups_of,
    level_widths,
    look,
    noise_pyramid,
    paint_over,
    upsample,
)
from trainables.gan.losses import hinge_discriminator, hinge_generator
from trainables.spec.gan_spec import GanSpec

LEVELS = 3
"""Number of times the generator halves the resolution."""


class Paired:
    """See `Adversary`. Hinge losses: Lim and Ye 2017 (arXiv:1705.02894)."""

    noise_channels = 4
    momenta = (0.0, 0.99)  # no first momentum, as in Zhang et al. 2019 (arXiv:1805.08318)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        self.generator: nn.Module = PairedGenerator(
            width=spec.width, channels=channels, noise_channels=self.noise_channels
        )
        self.discriminator: nn.Module = PatchDiscriminator(
            before=condition_channels(channels) + channels
        )
        self._reconstruction_weight = spec.reconstruction_weight

    def make(self, batch: Batch) -> Fakes:
        return {"image": where_known(batch, self.generator(batch.condition, batch.noise))}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        real, painted = self._judge(batch, batch.images), self._judge(batch, fakes["image"])
        return {"hinge": hinge_discriminator(real, painted)}

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        distance = functional.l1_loss(fakes["image"].float(), batch.images)
        return {
            "adversarial": hinge_generator(self._judge(batch, fakes["image"])),
            "reconstruction": self._reconstruction_weight * distance,
        }

    def _judge(self, batch: Batch, images: Tensor) -> Tensor:
        judged: Tensor = self.discriminator(look(*batch.augment(batch.condition, images)))[-1]
        return judged


class PairedGenerator(nn.Module):
    """A U-Net that paints the difference from the flat colours it is given.

    Noise enters at every level of the decoder, so that it can vary coarse shading and fine grain
    alike (Karras et al. 2019, arXiv:1812.04948).
    """

    def __init__(self, *, width: int, channels: int, noise_channels: int) -> None:
        super().__init__()
        widths = level_widths(width, levels=LEVELS)
        self.stem = _block(condition_channels(channels) + noise_channels, width)
        self.down = nn.ModuleList(
            _block(fine, coarse) for fine, coarse in itertools.pairwise(widths)
        )
        self.narrow = nn.ModuleList(
            nn.Conv2d(coarse, fine, 1) for fine, coarse in itertools.pairwise(widths)
        )
        self.up = nn.ModuleList(_block(2 * fine + noise_channels, fine) for fine in widths[:-1])
        self.head = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """float [N, 4 + 2C, H, W] and [N, noise_channels, H, W] to images [N, C, H, W]."""
        noises = noise_pyramid(noise, levels=LEVELS)
        features = [self.stem(torch.cat([condition, noise], dim=1))]
        for down in self.down:
            features.append(down(downsample(features[-1])))
        x = features[-1]
        for level in reversed(range(LEVELS)):
            x = upsample(self.narrow[level](x))
            x = self.up[level](torch.cat([x, features[level], noises[level]], dim=1))
        return paint_over(condition, self.head(x))


def _block(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1),
        nn.GroupNorm(groups_of(after), after),
        nn.LeakyReLU(0.2),
    )
