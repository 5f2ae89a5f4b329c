"""The `pix2pix` architecture: a U-Net paints an instance map, mostly guided by the real pixels.

Source: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks"
(arXiv:1611.07004). Different here: upsampling interpolates, downsampling averages, and noise is
given to the decoder's coarse levels, where the paper has dropout, so that a seed fixes an image.
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
    level_widths,
    look,
    noise_pyramid,
    paint_over,
    upsample,
)
from trainables.gan.losses import vanilla
from trainables.spec.gan_spec import GanSpec

LEVELS = 4
"""Number of times the generator halves the resolution; the paper's 8 need crops of 256 pixels."""


class Pix2pix:
    """See `Adversary`. Section 3.1 of the paper; the discriminator's loss is halved (3.3)."""

    noise_channels = 4
    momenta = (0.5, 0.999)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        self.generator: nn.Module = Pix2pixGenerator(
            width=spec.width, channels=channels, noise_channels=self.noise_channels
        )
        self.discriminator: nn.Module = PatchDiscriminator(
            before=condition_channels(channels) + channels, normalise=True
        )
        self._reconstruction_weight = spec.reconstruction_weight

    def make(self, batch: Batch) -> Fakes:
        return {"image": where_known(batch, self.generator(batch.condition, batch.noise))}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        return {
            "real": vanilla(self._judge(batch, batch.images), real=True) / 2,
            "painted": vanilla(self._judge(batch, fakes["image"]), real=False) / 2,
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        distance = functional.l1_loss(fakes["image"].float(), batch.images)
        return {
            "adversarial": vanilla(self._judge(batch, fakes["image"]), real=True),
            "reconstruction": self._reconstruction_weight * distance,
        }

    def _judge(self, batch: Batch, images: Tensor) -> Tensor:
        judged: Tensor = self.discriminator(look(*batch.augment(batch.condition, images)))[-1]
        return judged


class Pix2pixGenerator(nn.Module):
    """A U-Net with instance normalisation, which is the paper's batch normalisation at batch 1."""

    def __init__(self, *, width: int, channels: int, noise_channels: int) -> None:
        super().__init__()
        widths = level_widths(width, levels=LEVELS)
        self.stem = nn.Conv2d(condition_channels(channels) + noise_channels, width, 3, padding=1)
        self.down = nn.ModuleList(
            _block(fine, coarse, nn.LeakyReLU(0.2)) for fine, coarse in itertools.pairwise(widths)
        )
        self.up = nn.ModuleList(
            _block(coarse + fine + noise_channels, fine, nn.ReLU())
            for fine, coarse in itertools.pairwise(widths)
        )
        self.head = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """float [N, 4 + 2C, H, W] and [N, noise_channels, H, W] to images [N, C, H, W]."""
        noises = noise_pyramid(noise, levels=LEVELS)
        features = [functional.leaky_relu(self.stem(torch.cat([condition, noise], dim=1)), 0.2)]
        for down in self.down:
            features.append(down(downsample(features[-1])))
        x = features[-1]
        for level in reversed(range(LEVELS)):
            x = self.up[level](torch.cat([upsample(x), features[level], noises[level]], dim=1))
        return paint_over(condition, self.head(x))


def _block(before: int, after: int, activation: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1), nn.InstanceNorm2d(after), activation
    )
