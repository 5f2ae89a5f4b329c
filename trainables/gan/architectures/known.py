"""The list of all GANs there are."""

from typing import Protocol

from trainables.gan.adversary import Adversary
from trainables.gan.architectures.cyclegan import CycleGan
from trainables.gan.architectures.dcgan import Dcgan
from trainables.gan.architectures.joint import Joint
from trainables.gan.architectures.oasis import Oasis
from trainables.gan.architectures.paired import Paired
from trainables.gan.architectures.pix2pix import Pix2pix
from trainables.gan.architectures.pix2pixhd import Pix2pixHD
from trainables.gan.architectures.spade import SpadeGan
from trainables.spec.gan_spec import Architecture, GanSpec


class MakeAdversary(Protocol):
    """The class of an architecture."""

    paired: bool
    makes_labels: bool

    def __call__(self, spec: GanSpec, *, channels: int) -> Adversary:
        """Networks with random weights for images of C channels."""


GANS: dict[Architecture, MakeAdversary] = {
    "paired": Paired,
    "pix2pix": Pix2pix,
    "pix2pixhd": Pix2pixHD,
    "spade": SpadeGan,
    "oasis": Oasis,
    "cyclegan": CycleGan,
    "joint": Joint,
    "dcgan": Dcgan,
}
"""Every architecture there is, by the name that `GanSpec.architecture` uses."""
