"""What a training is measured by, and what follows from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

Loss = TypeVar("Loss")
Entry = TypeVar("Entry")


@dataclass(kw_only=True, slots=True)
class State(Generic[Loss, Entry]):
    """How far a training has come, beyond what its engine knows; numbers that JSON can hold."""

    step: int = 0
    """Steps taken so far."""
    seconds: float = 0.0
    """Device-seconds of steps and evaluations, without interruptions."""
    losses: list[Loss] = field(default_factory=list)
    """Losses that the engine returned since the last evaluation."""
    progress: list[Entry] = field(default_factory=list)
    """One entry for each evaluation so far."""


class Course(Protocol[Loss, Entry]):
    """When a training is evaluated, which weights are worth keeping, and when it is over.

    `Loss` is what its engine returns for a step, `Entry` a dataclass that reports an evaluation.
    """

    @property
    def evaluation_steps(self) -> Sequence[int]:
        """Steps, counted from 1, after which it is evaluated; the last of them is its end."""

    @property
    def entry_type(self) -> Callable[..., Entry]:
        """The class of its entries, by which a checkpoint is read."""

    def measure(self, step: int) -> dict[str, float]:
        """Evaluates the training after a step, while `Engine.evaluating` is in force.

        Returns:
            The measured values, by their field names in an entry.
        """

    def entry(self, state: State[Loss, Entry], measured: dict[str, float]) -> Entry:
        """The report of an evaluation: how far the training has come, and what was measured."""

    def is_worth_keeping(self, entry: Entry, before: Sequence[Entry]) -> bool:
        """Whether the weights of an evaluation replace those kept at the evaluations before it."""

    def is_over(self, progress: Sequence[Entry]) -> bool:
        """Whether training ends before its last step; asked before each step, and at the end.

        Raises:
            ValueError: what was measured shows that the training has failed.
        """
