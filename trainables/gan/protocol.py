"""What every GAN can do, and the list of all there are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from torch import nn

from trainables.gan import paired
from trainables.spec import GanSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class GanProgress:
    """How far the fit of a GAN has come."""

    images_seen: int
    """Crops that the discriminator has been shown so far."""
    device_seconds: float
    """Seconds of fitting so far, times the devices used."""
    discriminator_loss: float
    """Hinge loss, in [0, 4] in practice; near 0 the discriminator has won, 2 is undecided."""
    adversarial_loss: float
    """Minus the mean judgement of painted crops."""
    reconstruction_loss: float
    """Mean L1 distance of painted to real crops. All losses: means since the report before."""


ReportGan = Callable[[GanProgress], None]
"""Takes each `GanProgress`; Ray, a list in a test, or `print` can stand behind it."""


class Generator(Protocol):
    """A fitted GAN: turns instance labels into images that look like those it was fitted on."""

    def paint(
        self, labels: np.ndarray, rng: np.random.Generator, *, like: str | None = None
    ) -> np.ndarray:
        """Paints int32 [P, P] or [N, P, P] as float32 [P, P, C] or [N, P, P, C].

        P is a multiple of 32. `like` is the id of the annotated sample whose colours are taken;
        without it a random one is drawn for each crop. The same labels and `rng` give the same
        images, another `rng` gives others.
        """

    def save(self, folder: Path) -> None:
        """Writes all that `load` needs into an existing folder."""

    def load(self, folder: Path) -> None:
        """Reads what `save` wrote."""


MakeNetworks = Callable[[GanSpec, int], tuple[nn.Module, nn.Module]]
"""Makes generator and discriminator from a spec and the number of image channels C.

The generator maps (condition [N, 4 + 2C, H, W], noise [N, NOISE_CHANNELS, H, W]) to [N, C, H, W],
the discriminator (condition, image [N, C, H, W]) to logits; H and W are multiples of 32.
"""

GANS: dict[str, MakeNetworks] = {
    "paired": paired.make_networks,
}
"""Every architecture there is, by the name that `GanSpec.architecture` uses."""
