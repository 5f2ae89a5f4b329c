"""Which GANs there are (`ARCHITECTURES`), and how the one that makes synthetic data is fitted."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from trainables.spec import papers
from trainables.spec.checks import at_least, one_of

if TYPE_CHECKING:  # it imports torch
    from trainables.gan.adversary import Adversary

MaskSource = Literal["recomposed", "annotated", "shape_library", "simulated"]
LOWEST_FLOOR = 0.1
"""Smallest F1 at which a mask must be found again, wherever there is a filter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GanSpec:
    """One GAN: its architecture and how it is fitted.

    The defaults are those of `paired`; `paper_gan` gives those of the other architectures. What an
    architecture does not use (`is_used`) changes nothing.
    """

    architecture: str = "paired"
    """A key of `ARCHITECTURES`."""
    width: int = 16
    """Channels of the generator's first level."""
    images_seen: int = 2400
    """Crops shown to the discriminator in all."""
    batch_size: int = 8
    crop_px: int = 96
    """Side of the square crops at the working scale, in pixels; a multiple of 32."""
    learning_rate: float = 1e-3
    """Learning rate of the generator; the discriminator's is `discriminator_speed` times that."""
    discriminator_speed: float = 1.0
    reconstruction_weight: float = 20.0
    """Weight of an L1 distance against the adversarial loss: to the real image, or to where a
    cycle started."""
    feature_weight: float = 0.0
    """Weight of feature matching."""
    mix_weight: float = 0.0
    """Weight of LabelMix."""
    penalty_weight: float = 0.0
    """Weight of the gradient penalties."""
    critic_steps: int = 1
    """Steps of the discriminator for each step of the generator."""
    mask_source: MaskSource = "recomposed"
    """`annotated`: the annotated masks, warped; `recomposed`: their cells rearranged as well;
    `shape_library`: cells of all annotated images; `simulated`: new cells of like size and shape.
    Of use to architectures that paint maps (`Architecture.paints_maps`)."""
    unlabelled_images: int = 0
    """Most images without labels that are learnt from as well; of use to architectures that do
    without pairs (`Architecture.needs_pairs`)."""
    pool_size: int = 64
    """Synthetic crops kept after filtering."""
    consistency_floor: float = 0.6
    """Smallest F1 at which a segmenter trained on the same real samples must find the masks, as a
    share of its F1 on the real validation samples: it cannot be asked for more than it can do. 0
    keeps all; see `floor`."""

    def __post_init__(self) -> None:
        at_least(self, width=4, images_seen=1, batch_size=1, crop_px=32, pool_size=1)
        at_least(self, learning_rate=0.0, discriminator_speed=0.0, reconstruction_weight=0.0)
        at_least(self, unlabelled_images=0)
        at_least(self, feature_weight=0.0, mix_weight=0.0, penalty_weight=0.0, critic_steps=1)
        one_of(self, architecture=tuple(ARCHITECTURES), mask_source=get_args(MaskSource))
        self._check_critic_steps()
        if self.crop_px % 32:
            raise ValueError(f"crop_px must be a multiple of 32, but got {self.crop_px}.")
        if not 0 <= self.consistency_floor <= 1:
            raise ValueError(
                f"consistency_floor must be in [0, 1], but got {self.consistency_floor}."
            )

    def _check_critic_steps(self) -> None:
        if self.critic_steps > max(self.images_seen // self.batch_size, 1):
            raise ValueError(
                f"critic_steps must be at most images_seen / batch_size, or the generator never "
                f"takes a step, but got {self.critic_steps} with {self.images_seen} images seen in "
                f"batches of {self.batch_size}."
            )

    def floor(self, judge_f1: float) -> float:
        """Smallest F1 at which a crop is kept; 0, which keeps all, only where the spec says so.

        Otherwise a segmenter that found nothing on the validation samples, which may be a part of
        one image, would let everything pass.

        Args:
            judge_f1: the segmenter's F1 on the real validation samples.
        """
        if not self.consistency_floor:
            return 0.0
        return max(LOWEST_FLOOR, self.consistency_floor * judge_f1)


def paper_gan(architecture: str, **changes: Any) -> GanSpec:
    """A GAN with the loss weights and the two time scales of its paper.

    Learning rates are five times those of the papers, which train a thousand times longer.

    Args:
        architecture: a key of `ARCHITECTURES`.
        changes: any other fields of `GanSpec`.

    Raises:
        ValueError: there is no such architecture, or a value is out of range.
    """
    row = ARCHITECTURES.get(architecture)
    settings = row.settings if row else {}  # `GanSpec` refuses what is not known
    return GanSpec(**{"architecture": architecture, **settings, **changes})


def is_used(setting: str, *, by: str) -> bool:
    """Whether an architecture's fit, or the pool drawn from it, depends on a field of `GanSpec`.

    A field that no row of `ARCHITECTURES` names counts as used by all. This includes
    `unlabelled_images`, for which images are handed over whatever the architecture does with them,
    and all settings of an unknown architecture: a stored result may come from other software.
    """
    architecture = ARCHITECTURES.get(by)
    if architecture is None or setting not in optional_settings():
        return True
    return architecture.paints_maps if setting == "mask_source" else setting in architecture.uses


def optional_settings() -> frozenset[str]:
    """The fields of `GanSpec` that some architectures use and others do not."""
    return frozenset({"mask_source"}).union(*(row.uses for row in ARCHITECTURES.values()))


def without_unused(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a GAN, with the defaults of those that its architecture does not use.

    Args:
        settings: fields of `GanSpec`; missing ones stay missing.
    """
    defaults, architecture = GanSpec(), settings.get("architecture", GanSpec().architecture)
    return {
        name: value if is_used(name, by=architecture) else getattr(defaults, name)
        for name, value in settings.items()
    }


def as_fitted(gan: GanSpec) -> GanSpec:
    """The GAN that is fitted for this one: GANs that differ only in unused settings are one."""
    return GanSpec(**without_unused(asdict(gan)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """A kind of GAN, as seen by everything that does not fit it."""

    title: str
    """Its name in the report."""
    papers: tuple[papers.Paper, ...]
    """Papers it follows, the most important first."""
    make: "Callable[[GanSpec, int], Adversary]"
    """Its networks with random weights, for images of C channels; imports torch."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of its paper that differ from the defaults of `GanSpec`."""
    uses: frozenset[str] = frozenset()
    """Fields of `GanSpec` used by its losses but not by those of others."""
    needs_pairs: bool
    """Whether each image must come with its own instance map; else images without labels can be
    learnt from as well."""
    paints_maps: bool
    """Whether it paints given instance maps; else it makes image and map together."""

    @property
    def is_told_colours(self) -> bool:
        """Whether its generator is given the real crops' own colours with their maps."""
        return self.needs_pairs and self.paints_maps


def _paired(spec: GanSpec, channels: int) -> "Adversary":
    from trainables.gan.architectures.paired import Paired

    return Paired(spec, channels=channels)


def _pix2pix(spec: GanSpec, channels: int) -> "Adversary":
    from trainables.gan.architectures.pix2pix import Pix2pix

    return Pix2pix(spec, channels=channels)


def _pix2pixhd(spec: GanSpec, channels: int) -> "Adversary":
    from trainables.gan.architectures.pix2pixhd import Pix2pixHD

    return Pix2pixHD(spec, channels=channels)


def _spade(spec: GanSpec, channels: int) -> "Adversary":
    from trainables.gan.architectures.spade import SpadeGan

    return SpadeGan(spec, channels=channels)


def _oasis(spec: GanSpec, channels: int) -> "Adversary":
    from trainables.gan.architectures.oasis import Oasis

    return Oasis(spec, channels=channels)


def _cyclegan(spec: GanSpec, channels: int) -> "Adversary":
    from trainables.gan.architectures.cyclegan import CycleGan

    return CycleGan(spec, channels=channels)


def _joint(spec: GanSpec, channels: int) -> "Adversary":
    from trainables.gan.architectures.joint import Joint

    return Joint(spec, channels=channels)


def _dcgan(spec: GanSpec, channels: int) -> "Adversary":
    from trainables.gan.architectures.dcgan import Dcgan

    return Dcgan(spec, channels=channels)


ARCHITECTURES: dict[str, Architecture] = {
    "paired": Architecture(
        title="pix2pix for few images",
        papers=(papers.PIX2PIX,),
        make=_paired,
        uses=frozenset({"reconstruction_weight"}),
        needs_pairs=True,
        paints_maps=True,
    ),
    "pix2pix": Architecture(
        title="pix2pix",
        papers=(papers.PIX2PIX,),
        make=_pix2pix,
        settings={"learning_rate": 1e-3, "reconstruction_weight": 100.0},
        uses=frozenset({"reconstruction_weight"}),
        needs_pairs=True,
        paints_maps=True,
    ),
    "pix2pixhd": Architecture(
        title="pix2pixHD",
        papers=(papers.PIX2PIXHD,),
        make=_pix2pixhd,
        settings={"learning_rate": 1e-3, "feature_weight": 10.0},
        uses=frozenset({"feature_weight"}),
        needs_pairs=True,
        paints_maps=True,
    ),
    "spade": Architecture(
        title="SPADE",
        papers=(papers.SPADE,),
        make=_spade,
        settings={"learning_rate": 5e-4, "discriminator_speed": 4.0, "feature_weight": 10.0},
        uses=frozenset({"feature_weight"}),
        needs_pairs=True,
        paints_maps=True,
    ),
    "oasis": Architecture(
        title="OASIS",
        papers=(papers.OASIS,),
        make=_oasis,
        settings={"learning_rate": 5e-4, "discriminator_speed": 4.0, "mix_weight": 10.0},
        uses=frozenset({"mix_weight"}),
        needs_pairs=True,
        paints_maps=True,
    ),
    "cyclegan": Architecture(
        title="CycleGAN",
        papers=(papers.CYCLEGAN,),
        make=_cyclegan,
        settings={"learning_rate": 1e-3, "reconstruction_weight": 10.0},
        uses=frozenset({"reconstruction_weight"}),
        needs_pairs=False,
        paints_maps=True,
    ),
    "joint": Architecture(
        title="R3GAN",
        papers=(papers.R3GAN,),
        make=_joint,
        settings={"learning_rate": 1e-3, "penalty_weight": 1.0},
        uses=frozenset({"penalty_weight"}),
        needs_pairs=True,
        paints_maps=False,
    ),
    "dcgan": Architecture(
        title="DCGAN",
        papers=(papers.DCGAN, papers.WGAN_GP),
        make=_dcgan,
        settings={"learning_rate": 5e-4, "penalty_weight": 10.0, "critic_steps": 5},
        uses=frozenset({"penalty_weight"}),
        needs_pairs=True,
        paints_maps=False,
    ),
}
"""Every GAN there is, by the name in specs; its networks are a file of `gan/architectures/`."""
