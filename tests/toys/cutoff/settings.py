"""The settings of a threshold."""

from dataclasses import dataclass
from typing import Literal

from trainables.spec.checks import at_least


@dataclass(frozen=True, kw_only=True, slots=True)
class CutoffSpec:
    """What is brighter than a threshold is cell, each connected piece one."""

    kind: Literal["cutoff"] = "cutoff"
    blur_px: float = 1.0
    """Width of the Gaussian that images are smoothed with."""

    def __post_init__(self) -> None:
        at_least(self, blur_px=0.0)
