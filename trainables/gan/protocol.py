"""What every GAN can do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from trainables.data.sample import Sample

UNKNOWN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True)
class GanProgress:
    """How far the fit of a GAN has come."""

    images_seen: int
    """Crops that the discriminator has been shown so far."""
    device_seconds: float
    """Seconds of fitting so far, times the devices used."""
    losses: dict[str, float]
    """Means since the previous report: `discriminator`, `generator`, and the weighted terms of
    each, named `discriminator.TERM` and `generator.TERM`."""
    variety: float
    """Variation among the painted crops of one batch, as a share of that among the real ones; given
    colours do not count."""
    distance: float = UNKNOWN
    """Distance of painted to unseen real crops, see `Watch`; NaN where it was not measured."""

    @property
    def loss(self) -> float:
        """The generator's whole loss; NaN where it has not taken a step."""
        return self.losses.get("generator", UNKNOWN)


ReportGan = Callable[[GanProgress], None]
"""Takes each `GanProgress`; Ray, a list in a test, or `print` can stand behind it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """One synthetic crop."""

    image: np.ndarray = field(repr=False)
    """float32 [P, P, C]."""
    labels: np.ndarray = field(repr=False)
    """int32 [P, P]; 0 background, 1 to n cells."""
    sources: tuple[str, ...]
    """Ids of the annotated samples from which its mask was made."""


class Generator(Protocol):
    """A fitted GAN."""

    def draw(
        self, samples: Sequence[Sample], *, count: int, side_px: int, rng: np.random.Generator
    ) -> list[Drawn]:
        """Makes synthetic crops.

        Args:
            samples: the annotated samples it was fitted on, whose masks are varied where the
                architecture paints masks.
            count: crops to make.
            side_px: side P of the crops, a multiple of 32.
            rng: fixes the crops.
        """

    def save(self, folder: Path) -> None:
        """Writes everything that `load` needs into an existing folder."""

    def load(self, folder: Path) -> None:
        """Reads what `save` wrote."""


Watch = Callable[[Generator], float]
"""Distance of a generator's crops from real crops that the GAN never saw; lower is better."""
