"""What pix2pixHD and SPADE share: judges at two scales, and feature matching."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from trainables.gan.adversary import Batch, Fakes, Terms, where_known
from trainables.gan.architectures.blocks import (
    MultiScaleDiscriminator,
    condition_channels,
    evidence,
    judgements,
    look,
)
from trainables.gan.losses import feature_matching
from trainables.spec.gan_spec import GanSpec


class MultiScaleAdversary:
    """Generator, judges and feature matching of an `Adversary`; subclasses supply the losses.

    Source: Wang et al. 2018 (arXiv:1711.11585), section 3.2.
    """

    noise_channels = 4

    def __init__(self, spec: GanSpec, *, channels: int, generator: nn.Module) -> None:
        self.generator = generator
        self.discriminator: nn.Module = MultiScaleDiscriminator(
            before=condition_channels(channels) + channels, normalise=True
        )
        self._feature_weight = spec.feature_weight

    def make(self, batch: Batch) -> Fakes:
        return {"image": where_known(batch, self.generator(batch.condition, batch.noise))}

    def judge(self, batch: Batch, images: Tensor) -> list[list[Tensor]]:
        """The features of each scale, its judgement last."""
        scales: list[list[Tensor]] = self.discriminator(
            look(*batch.augment(batch.condition, images))
        )
        return scales

    def fooling_loss(
        self, batch: Batch, fakes: Fakes, adversarial: Callable[[Tensor], Tensor]
    ) -> Terms:
        """The generator's terms: an adversarial loss of judgements, and the feature distance."""
        with torch.no_grad():
            real = self.judge(batch, batch.images)
        painted = self.judge(batch, fakes["image"])
        matching = feature_matching(evidence(real), evidence(painted))
        return {
            "adversarial": mean([adversarial(judged) for judged in judgements(painted)]),
            "features": self._feature_weight * matching,
        }


def mean(losses: list[Tensor]) -> Tensor:
    """Mean of the losses at all scales."""
    return torch.stack(losses).mean()
