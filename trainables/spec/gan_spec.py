"""Which GAN makes the synthetic data, and how it is fitted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from trainables.spec.checks import at_least, one_of

Architecture = Literal[
    "paired", "pix2pix", "pix2pixhd", "spade", "oasis", "cyclegan", "joint", "dcgan"
]
MaskSource = Literal["recomposed", "annotated", "shape_library", "simulated"]

LOWEST_FLOOR = 0.1
"""F1 at which a mask must be found again at least, wherever there is a filter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GanSpec:
    """One GAN: its architecture and how it is fitted.

    The defaults are those of `paired`; `paper_gan` gives those of the other architectures.
    """

    architecture: Architecture = "paired"
    """From an instance map: `paired`, `pix2pix`, `pix2pixhd`, `spade`, `oasis`; from an instance
    map without pairs: `cyclegan`; image and instance map together: `joint`, `dcgan`."""
    width: int = 16
    """Channels of the generator's first level."""
    images_seen: int = 2400
    """Crops shown to the discriminator in all."""
    batch_size: int = 8
    crop_px: int = 96
    """Side of the square crops at the working scale, in pixels; a multiple of 32."""
    learning_rate: float = 1e-3
    """Of the generator; the discriminator's is `discriminator_speed` times that."""
    discriminator_speed: float = 1.0
    reconstruction_weight: float = 20.0
    """Weight of an L1 distance against the adversarial loss: to the real image (`paired`,
    `pix2pix`), or to where the cycle started (`cyclegan`); not used elsewhere."""
    feature_weight: float = 0.0
    """Weight of feature matching (`pix2pixhd`, `spade`), not used elsewhere."""
    mix_weight: float = 0.0
    """Weight of LabelMix (`oasis`), not used elsewhere."""
    penalty_weight: float = 0.0
    """Weight of the gradient penalties (`joint`, `dcgan`), not used elsewhere."""
    critic_steps: int = 1
    """Steps of the discriminator for each step of the generator."""
    mask_source: MaskSource = "recomposed"
    """`annotated`: the annotated masks, warped; `recomposed`: their cells rearranged as well;
    `shape_library`: cells of all annotated images; `simulated`: new cells of like size and shape.
    Not used by `joint` and `dcgan`, which make their own."""
    unlabelled_images: int = 0
    """Images without labels that are learnt from as well, at most (`cyclegan`), not used
    elsewhere."""
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
        one_of(self, architecture=get_args(Architecture), mask_source=get_args(MaskSource))
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
        """Smallest F1 at which a crop is kept; 0, so that all are, only where the spec says so.

        A segmenter that found nothing on the validation samples, which may be a part of one
        image, would else let everything pass.

        Args:
            judge_f1: the segmenter's on the real validation samples.
        """
        if not self.consistency_floor:
            return 0.0
        return max(LOWEST_FLOOR, self.consistency_floor * judge_f1)


def paper_gan(architecture: Architecture, **changes: Any) -> GanSpec:
    """A GAN with the loss weights and the two time scales of its paper.

    Learning rates are five times those of the papers, which train a thousand times longer.

    Args:
        architecture: see `GanSpec`.
        changes: any other fields of `GanSpec`.
    """
    return GanSpec(**({"architecture": architecture} | PAPERS[architecture] | changes))


def is_used(setting: str, *, by: Architecture) -> bool:
    """Whether an architecture's fit, or the pool drawn from it, depends on a field of `GanSpec`."""
    return setting not in USED_BY or by in USED_BY[setting]


def without_unused(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a GAN, with the defaults of those that its architecture does not use.

    Args:
        settings: fields of `GanSpec`; those that are lacking stay so.
    """
    defaults, architecture = GanSpec(), settings.get("architecture", GanSpec().architecture)
    return {
        name: value if is_used(name, by=architecture) else getattr(defaults, name)
        for name, value in settings.items()
    }


def as_fitted(gan: GanSpec) -> GanSpec:
    """The GAN that is fitted for this one: those that differ in unused settings alone are one."""
    return GanSpec(**without_unused(asdict(gan)))


USED_BY: dict[str, tuple[Architecture, ...]] = {
    "reconstruction_weight": ("paired", "pix2pix", "cyclegan"),
    "feature_weight": ("pix2pixhd", "spade"),
    "mix_weight": ("oasis",),
    "penalty_weight": ("joint", "dcgan"),
    "mask_source": ("paired", "pix2pix", "pix2pixhd", "spade", "oasis", "cyclegan"),
}
"""Architectures that use a setting. What is not named here is taken for used by all, so also
`unlabelled_images`: images are handed over for it, whatever the architecture makes of them."""

PAPERS: dict[Architecture, dict[str, Any]] = {
    "paired": {},
    "pix2pix": {"learning_rate": 1e-3, "reconstruction_weight": 100.0},
    "pix2pixhd": {"learning_rate": 1e-3, "feature_weight": 10.0},
    "spade": {"learning_rate": 5e-4, "discriminator_speed": 4.0, "feature_weight": 10.0},
    "oasis": {"learning_rate": 5e-4, "discriminator_speed": 4.0, "mix_weight": 10.0},
    "cyclegan": {"learning_rate": 1e-3, "reconstruction_weight": 10.0},
    "joint": {"learning_rate": 1e-3, "penalty_weight": 1.0},
    "dcgan": {"learning_rate": 5e-4, "penalty_weight": 10.0, "critic_steps": 5},
}
"""What the paper of each architecture says differently from `GanSpec`."""
