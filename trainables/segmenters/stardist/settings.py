"""The settings of StarDist."""

from dataclasses import dataclass
from typing import Literal

from trainables.spec.checks import at_least, one_of


@dataclass(frozen=True, kw_only=True, slots=True)
class StardistSpec:
    """Star-convex polygons predicted by a U-Net (Schmidt et al. 2018)."""

    kind: Literal["stardist"] = "stardist"
    rays: int = 32
    """Directions in which the distance to the boundary is predicted."""
    grid: int = 2
    """Predictions are made at every grid-th pixel; 1, 2 or 4."""
    depth: int = 3
    """Times the U-Net halves the resolution of the grid."""
    filters: int = 16
    """Channels of the U-Net's first level."""

    def __post_init__(self) -> None:
        at_least(self, rays=8, depth=1, filters=4)
        one_of(self, grid=(1, 2, 4))
