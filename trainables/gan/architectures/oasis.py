"""The `oasis` architecture: the discriminator is a segmenter with one extra class, "painted".

Source: Schönfeld et al. 2021, "You Only Need Adversarial Supervision for Semantic Image Synthesis"
(arXiv:2012.04781): a U-Net discriminator with N + 1 classes, class-balanced cross-entropy, noise
of three dimensions beside the map at every layer, LabelMix. No feature matching, no VGG.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from trainables.gan.adversary import Batch, Fakes, Terms, where_known
from trainables.gan.architectures.blocks import PATCH_WIDTH, downsample, upsample
from trainables.gan.architectures.spade_blocks import SpadeGenerator
from trainables.gan.losses import class_balanced
from trainables.spec.gan_spec import GanSpec

CLASSES = 3
"""Background, interior, boundary; the discriminator has one more class, for painted pixels."""
LEVELS = 3
"""Number of times the discriminator halves the resolution."""


class Oasis:
    """See `Adversary`."""

    noise_channels = 16  # of the paper's 64: our images have one tenth of its classes
    momenta = (0.0, 0.999)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        self.generator: nn.Module = SpadeGenerator(
            width=spec.width, channels=channels, noise_channels=self.noise_channels
        )
        self.discriminator: nn.Module = SegmentingDiscriminator(channels=channels)
        self._mix_weight = spec.mix_weight

    def make(self, batch: Batch) -> Fakes:
        return {"image": where_known(batch, self.generator(batch.condition, batch.noise))}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        classes, real = batch.augment(_classes(batch), batch.images)
        _, painted = batch.augment(_classes(batch), fakes["image"])
        judged_real, judged_painted = self.discriminator(real), self.discriminator(painted)
        known = classes.sum(dim=1, keepdim=True)
        mixed = _mix_mask(classes, batch.between)
        judged_mix = self.discriminator(torch.where(mixed, real, painted.to(real.dtype)))
        difference = judged_mix - torch.where(mixed, judged_real, judged_painted)
        weights = _class_weights(classes)
        return {
            "real": class_balanced(judged_real, _padded(classes), weights),
            "painted": class_balanced(judged_painted, _only_painted(known), weights),
            "label_mix": self._mix_weight * (known * difference.float() ** 2).mean(),
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        classes, painted = batch.augment(_classes(batch), fakes["image"])
        judged = self.discriminator(painted)
        return {"adversarial": class_balanced(judged, _padded(classes), _class_weights(classes))}


class SegmentingDiscriminator(nn.Module):
    """A U-Net with spectral normalisation: images to logits of N + 1 classes for each pixel."""

    def __init__(self, *, channels: int) -> None:
        super().__init__()
        widths = [channels, *(PATCH_WIDTH * 2**level for level in range(LEVELS))]
        self.down = nn.ModuleList(
            _conv(fine, coarse) for fine, coarse in itertools.pairwise(widths)
        )
        self.middle = _conv(widths[-1], widths[-1])
        self.up = nn.ModuleList(
            _conv(2 * coarse, max(fine, PATCH_WIDTH)) for fine, coarse in itertools.pairwise(widths)
        )
        self.head = nn.Conv2d(PATCH_WIDTH, CLASSES + 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """float [N, C, H, W] to [N, CLASSES + 1, H, W]."""
        x, features = images, []
        for down in self.down:
            features.append(functional.leaky_relu(down(x), 0.2))
            x = downsample(features[-1])
        x = functional.leaky_relu(self.middle(x), 0.2)
        for level in reversed(range(LEVELS)):
            x = torch.cat([upsample(x), features[level]], dim=1)
            x = functional.leaky_relu(self.up[level](x), 0.2)
        return self.head(x)


def _conv(before: int, after: int) -> nn.Module:
    return spectral_norm(nn.Conv2d(before, after, 3, padding=1))


def _classes(batch: Batch) -> Tensor:
    """float [N, CLASSES, P, P], one-hot; all zero where labels are unknown."""
    return batch.condition[:, :CLASSES] * batch.known


def _class_weights(classes: Tensor) -> Tensor:
    """Inverse share of each class in the batch, and 1 for painted pixels: section 3.1.

    An absent class gets 0.
    """
    counts = classes.sum(dim=(0, 2, 3))
    present = (counts > 0).float()
    weights = present * counts.sum() / (counts.clamp(min=1) * present.sum().clamp(min=1))
    return torch.cat([weights, weights.new_ones(1)])


def _padded(classes: Tensor) -> Tensor:
    """The true classes; no pixel is "painted"."""
    return functional.pad(classes, (0, 0, 0, 0, 0, 1))


def _only_painted(known: Tensor) -> Tensor:
    """All known pixels in the class "painted"."""
    return functional.pad(known, (0, 0, 0, 0, CLASSES, 0))


def _mix_mask(classes: Tensor, between: Tensor) -> Tensor:
    """bool [N, 1, P, P]: each crop's classes are taken from the real or the painted image.

    One random number per crop picks one of the 2 ** CLASSES combinations.
    """
    ways = (between * 2**CLASSES).long().clamp(max=2**CLASSES - 1)
    chosen = (ways[:, None] >> torch.arange(CLASSES, device=ways.device)) & 1
    return (classes * chosen[:, :, None, None]).sum(dim=1, keepdim=True) > 0
