"""The `cyclegan` architecture: learns from instance maps and images that do not belong together.

Two cycles: an image painted from a map must give that map back, and a map read from an image must
give that image back. So it can learn from images without annotations; the maps are drawn from the
study's mask source.

Source: Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks" (arXiv:1703.10593), with its history of 50 images. Maps are given as relief: the paper
warns of information hidden in what should be flat. Different here: noise joins the maps, so that
one map gives many images, and judges have spectral normalisation. Left out: the identity loss,
since a map is no image.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.gan.adversary import Batch, Fakes, Terms
from trainables.gan.architectures.blocks import PatchDiscriminator, ResidualGenerator
from trainables.gan.architectures.history import History
from trainables.gan.architectures.relief import RELIEF_CHANNELS, relief
from trainables.gan.losses import least_squares
from trainables.spec.gan_spec import GanSpec

LEVELS = 2
BLOCKS = 3
"""Residual blocks; the paper has 6 at 128 pixels."""
HISTORY = 50
"""Crops of each kind that the judges are shown again."""


class CycleGan:
    """See `Adversary`. Eq. 1 to 3 of the paper."""

    noise_channels = 4
    momenta = (0.5, 0.999)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        self._generator = MapsAndImages(
            width=spec.width, channels=channels, noise_channels=self.noise_channels
        )
        shown = {"image": channels, "maps": RELIEF_CHANNELS}
        self._judges = nn.ModuleDict(
            {name: PatchDiscriminator(before=n, normalise=True) for name, n in shown.items()}
        )
        self._histories = nn.ModuleDict(
            {
                name: History(size=HISTORY, channels=n, side_px=spec.crop_px)
                for name, n in shown.items()
            }
        )
        self.generator: nn.Module = self._generator
        self.discriminator: nn.Module = nn.ModuleList([self._judges, self._histories])
        self._cycle_weight = spec.reconstruction_weight

    def make(self, batch: Batch) -> Fakes:
        image = self._generator(batch.condition, batch.noise)
        maps = self._generator.read(batch.images)
        return {
            "image": image,
            "maps": maps,
            "maps_again": self._generator.read(image),
            "image_again": self._generator.paint(maps, batch.noise),
        }

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        real = {"image": batch.images, "maps": relief(batch.condition)}
        made = {name: self._histories[name](fakes[name], batch.between) for name in real}
        return {
            name: self._judged(batch, real[name], by=name, real=True) / 2
            + self._judged(batch, made[name], by=name, real=False) / 2
            for name in real
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        maps = functional.l1_loss(fakes["maps_again"].float(), relief(batch.condition))
        image = functional.l1_loss(fakes["image_again"].float(), batch.images)
        return {
            "image": self._judged(batch, fakes["image"], by="image", real=True),
            "maps": self._judged(batch, fakes["maps"], by="maps", real=True),
            "map_cycle": self._cycle_weight * maps,
            "image_cycle": self._cycle_weight * image,
        }

    def _judged(self, batch: Batch, pixels: Tensor, *, by: str, real: bool) -> Tensor:
        _, moved = batch.augment(pixels[:, :0], pixels)
        return least_squares(self._judges[by](moved)[-1], real=real)


class MapsAndImages(nn.Module):
    """Both generators: from maps to images, and from images to maps."""

    def __init__(self, *, width: int, channels: int, noise_channels: int) -> None:
        super().__init__()
        self.painter = ResidualGenerator(
            before=RELIEF_CHANNELS + noise_channels,
            after=channels,
            width=width,
            levels=LEVELS,
            blocks=BLOCKS,
        )
        self.reader = ResidualGenerator(
            before=channels, after=RELIEF_CHANNELS, width=width, levels=LEVELS, blocks=BLOCKS
        )

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """Paints [N, C, H, W]; of the condition only the shapes are used, not the colours."""
        return self.paint(relief(condition), noise)

    def paint(self, maps: Tensor, noise: Tensor) -> Tensor:
        """float [N, 2, H, W] to images [N, C, H, W]."""
        painted: Tensor = self.painter(torch.cat([maps, noise], dim=1))
        return painted

    def read(self, images: Tensor) -> Tensor:
        """float [N, C, H, W] to relief [N, 2, H, W], in [0, 1]."""
        return torch.sigmoid(self.reader(images))
