"""The state of a GAN's fit: all that a fit which goes on must know."""

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from trainables.gan.adversary import Adversary, Optimizers
from trainables.gan.protocol import GanProgress
from trainables.spec.flat import as_plain

CHECKPOINT_FILE = "gan.pt"


@dataclass(kw_only=True, slots=True)
class Clock:
    """How far a fit has come, beyond the weights and the optimisers."""

    step: int = 0
    seconds: float = 0.0
    stopped: bool = False
    """Whether it was stopped before its end, because it had gone wrong."""
    losses: list[dict[str, float]] = field(default_factory=list)
    """Of the steps since the last report."""
    progress: list[GanProgress] = field(default_factory=list)
    kept: dict[str, torch.Tensor] = field(default_factory=dict)
    """Weights of the generator worth keeping; see `health.is_nearest`."""


@dataclass(kw_only=True, slots=True)
class Fit:
    """Everything that changes while a GAN is fitted."""

    adversary: Adversary
    optimizers: Optimizers
    average: nn.Module
    """Running mean of the generator's weights."""
    clock: Clock = field(default_factory=Clock)

    def write(self, folder: Path) -> None:
        """Writes all of it into an existing folder."""
        content = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save(content | {"clock": as_plain(self.clock)}, folder / CHECKPOINT_FILE)

    def read(self, folder: Path, *, device: torch.device) -> None:
        """Puts back what `write` wrote."""
        content = torch.load(folder / CHECKPOINT_FILE, map_location=device, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(content[name])
        raw = content["clock"]
        raw["progress"] = [GanProgress(**entry) for entry in raw["progress"]]
        self.clock = Clock(**raw)

    def keep(self) -> None:
        """Keeps a copy of the running mean."""
        self.clock.kept = copy.deepcopy(self.average.state_dict())

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.adversary.generator,
            "discriminator": self.adversary.discriminator,
            "generator_optimizer": self.optimizers.generator,
            "discriminator_optimizer": self.optimizers.discriminator,
            "average": self.average,
        }
