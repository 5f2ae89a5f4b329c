"""The settings of a U-Net."""

from dataclasses import dataclass
from typing import Literal

from trainables.spec.checks import at_least


@dataclass(frozen=True, kw_only=True, slots=True)
class UnetSpec:
    """A U-Net with an interior and boundary head, decoded by watershed."""

    kind: Literal["unet"] = "unet"
    encoder: str = "resnet18"
    """Name of a segmentation-models-pytorch encoder."""
    depth: int = 4
    """Number of times the encoder halves the resolution, 3 to 5."""
    width: int = 8
    """Channels of the decoder at full resolution; they double at every coarser level."""
    boundary_weight: float = 2.0
    """Weight of the boundary class in the loss, against 1 for interior and background."""

    def __post_init__(self) -> None:
        at_least(self, depth=3, width=4, boundary_weight=0.0)
