"""What takes the steps of a training: the part of it that knows a framework."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

Loss_co = TypeVar("Loss_co", covariant=True)


class Engine(Protocol[Loss_co]):
    """A network in training, with its batches, its optimiser and the weights it keeps aside.

    `Loss_co` is what a step returns: one number, or several by name.
    """

    def advance(self, step: int, *, end: int) -> tuple[int, Loss_co]:
        """Takes the step after `step`, and those up to `end` where it cannot pause in between.

        A checkpoint may be taken wherever it pauses. Either it always pauses after one step or
        never before `end`, so that means of its losses are means over steps.

        Args:
            step: steps taken before.
            end: the step, counted from 1, after which the training is evaluated next.

        Returns:
            The step reached, and the mean loss of the steps just taken.

        Raises:
            TrainingDiverged: the loss became infinite or NaN.
        """

    def evaluating(self) -> AbstractContextManager[None]:
        """A context within which the network is as it is scored, with averaged weights if any."""

    def keep(self) -> None:
        """Keeps the weights as they are scored, in place of those kept before."""

    def restore_kept(self) -> None:
        """Ends the training with the weights kept last, if any were."""

    def write(self, folder: Path) -> None:
        """Writes all that `read` needs into an existing folder."""

    def read(self, folder: Path) -> None:
        """Restores what `write` wrote, so that the next step is the one that would have come."""
