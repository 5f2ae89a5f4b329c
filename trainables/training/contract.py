"""What a training is given: extra data, and where its progress and its state go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from trainables.data.sample import Sample
from trainables.results.result import Progress
from trainables.spec.extra_spec import SyntheticOrder

Report = Callable[[Progress], None]
"""Receives each `Progress`; Ray, a list in a test, or `print` can stand behind it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extra:
    """Synthetic samples added to the annotated ones."""

    pool: Sequence[Sample] = field(default=(), repr=False)
    """Synthetic samples, drawn once; empty when there is no extra data."""
    ratio: float = 0.0
    """Synthetic crops per real crop in the batches; the number of steps does not depend on it."""
    order: SyntheticOrder = "mixed"
    """When in the training they are shown."""


class Checkpoints(Protocol):
    """Where a training that may be interrupted keeps its state; one per trial."""

    def due(self) -> bool:
        """Whether enough time has gone by since the last one to be worth saving."""

    def save(self, write: Callable[[Path], None]) -> None:
        """Calls `write` with an empty local folder and keeps what it wrote, whole or not at all."""

    def load(self) -> Path | None:
        """A local folder with the last saved state, or None when there is none."""


class NoCheckpoints:
    """No checkpoints, for tests and for trainings too short to need them."""

    def due(self) -> bool:
        return False

    def save(self, write: Callable[[Path], None]) -> None:
        raise AssertionError("asked to save where no checkpoint is ever due")

    def load(self) -> Path | None:
        return None
