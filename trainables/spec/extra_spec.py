"""What is added to the annotated images, how much of it, and when."""

from dataclasses import dataclass
from typing import Literal, get_args

from trainables.spec.checks import at_least, one_of
from trainables.spec.gan_spec import GanSpec

ExtraKind = Literal[
    "none", "copy_paste", "cutmix", "chessmix", "real_repeated", "gan", "pseudo_labels"
]
SyntheticOrder = Literal["mixed", "pretrain_then_real", "annealed", "synthetic_only"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtraSpec:
    """What is added to the annotated images."""

    kind: ExtraKind = "none"
    """`copy_paste`, `cutmix`, `chessmix`: made from the annotated images without a GAN;
    `real_repeated`: plain crops of them, the control that has a pool but nothing new in it."""
    ratio: float = 0.0
    """Synthetic crops per real crop over the training; 0 is allowed for every kind."""
    order: SyntheticOrder = "mixed"
    """`mixed`: the same share in every batch; `pretrain_then_real`: first the synthetic ones, then
    the real ones; `annealed`: a share that falls from 1 to 0; `synthetic_only`: no real crop,
    whatever the ratio, unless it is 0."""
    pool_size: int = 64
    """Samples made without a GAN; a GAN's pool has the size its spec says."""
    gan: GanSpec | None = None
    """Which GAN, where kind is `gan`."""

    def __post_init__(self) -> None:
        one_of(self, kind=get_args(ExtraKind), order=get_args(SyntheticOrder))
        at_least(self, ratio=0.0, pool_size=1)
        if (self.kind == "gan") != (self.gan is not None):
            raise ValueError(
                f"A GAN must be named where extra data is `gan`, and only there, but kind is "
                f"{self.kind!r} and gan is {self.gan}."
            )
