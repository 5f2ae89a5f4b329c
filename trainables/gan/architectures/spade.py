"""The `spade` architecture: the instance map modulates every layer, and a code sets the style.

Source: Park et al. 2019, "Semantic Image Synthesis with Spatially-Adaptive Normalization"
(arXiv:1903.07291): SPADE generator, discriminators at two scales, hinge loss, feature matching,
two learning rates. Left out: the VGG loss and the style encoder, which would need public weights
and more images; the style is drawn at random, one code per image.
"""

from trainables.gan.adversary import Batch, Fakes, Terms
from trainables.gan.architectures.blocks import judgements
from trainables.gan.architectures.multi_scale import MultiScaleAdversary, mean
from trainables.gan.architectures.spade_blocks import SpadeGenerator
from trainables.gan.losses import hinge_discriminator, hinge_generator
from trainables.spec.gan_spec import GanSpec


class SpadeGan(MultiScaleAdversary):
    """See `Adversary`."""

    momenta = (0.0, 0.999)

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        generator = SpadeGenerator(
            width=spec.width, channels=channels, noise_channels=self.noise_channels
        )
        super().__init__(spec, channels=channels, generator=generator)

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        real = judgements(self.judge(batch, batch.images))
        painted = judgements(self.judge(batch, fakes["image"]))
        return {
            "hinge": mean([hinge_discriminator(a, b) for a, b in zip(real, painted, strict=True)])
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        return self.fooling_loss(batch, fakes, hinge_generator)
