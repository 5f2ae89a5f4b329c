"""The `dcgan` architecture: the plain floor that every other one should beat.

It makes image and instance map together, from noise, with the plainest networks and the loss that
made them stable.

Sources: Radford et al. 2016 (arXiv:1511.06434) for the networks, with interpolation in place of
transposed convolutions; Gulrajani et al. 2017 (arXiv:1704.00028) for the Wasserstein loss with
gradient penalty and, as there, no normalisation in the critic.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.gan.adversary import Batch, Fakes, Terms
from trainables.gan.architectures.blocks import level_widths, upsample
from trainables.gan.architectures.latent import LEVELS, latent
from trainables.gan.architectures.relief import RELIEF_CHANNELS, as_judged, real_with_relief
from trainables.gan.losses import one_centred_penalty
from trainables.spec.gan_spec import GanSpec


class Dcgan:
    """See `Adversary`. Algorithm 1 of Gulrajani et al. 2017."""

    noise_channels = 32
    momenta = (0.0, 0.9)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        outputs = channels + RELIEF_CHANNELS
        self.generator: nn.Module = DcganGenerator(
            width=spec.width, outputs=outputs, noise_channels=self.noise_channels
        )
        self.discriminator: nn.Module = Critic(width=spec.width, inputs=outputs)
        self._penalty_weight = spec.penalty_weight

    def make(self, batch: Batch) -> Fakes:
        return {"image": self.generator(batch.condition, batch.noise)}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        real = as_judged(batch, real_with_relief(batch))
        made = as_judged(batch, fakes["image"])
        difference = self.discriminator(made).float() - self.discriminator(real).float()
        # The penalty differentiates twice, for which bfloat16 is too coarse.
        with torch.autocast(real.device.type, enabled=False):
            penalty = one_centred_penalty(self.discriminator, real, made, batch.between)
        return {"wasserstein": difference.mean(), "penalty": self._penalty_weight * penalty}

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        return {"wasserstein": -self.discriminator(as_judged(batch, fakes["image"])).float().mean()}


class DcganGenerator(nn.Module):
    """Codes to image and relief."""

    def __init__(self, *, width: int, outputs: int, noise_channels: int) -> None:
        super().__init__()
        widths = level_widths(width, levels=LEVELS)[::-1]
        self.start = _layer(noise_channels, widths[0])
        self.layers = nn.ModuleList(
            _layer(before, after) for before, after in itertools.pairwise(widths)
        )
        self.head = nn.Conv2d(widths[-1], outputs, 3, padding=1)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """float [N, noise_channels, H, W] to [N, outputs, H, W]; the condition is ignored."""
        x = self.start(latent(noise))
        for layer in self.layers:
            x = layer(upsample(x))
        return self.head(x)


class Critic(nn.Module):
    """Image and relief to one score per crop."""

    def __init__(self, *, width: int, inputs: int) -> None:
        super().__init__()
        widths = [inputs, *(width * 2**level for level in range(LEVELS))]
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 4, stride=2, padding=1)
            for before, after in itertools.pairwise(widths)
        )
        self.head = nn.Linear(widths[-1], 1)

    def forward(self, images: Tensor) -> Tensor:
        """float [N, inputs, H, W] to [N, 1]."""
        x = images
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.2)
        return self.head(x.mean(dim=(2, 3)))


def _layer(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU())
