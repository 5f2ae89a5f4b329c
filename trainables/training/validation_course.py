"""The course of every segmenter's training: its F1 on validation decides."""

from collections.abc import Callable, Sequence

import numpy as np

from trainables.results.result import Progress
from trainables.spec.training_spec import TrainingSpec
from trainables.training.clock import (
    evaluation_steps,
    has_stalled,
    images_seen,
    is_worth_keeping,
)
from trainables.training.course import State


class ValidationCourse:
    """See `Course` for what each method promises; the rules themselves are in clock.py."""

    entry_type = Progress

    def __init__(self, training: TrainingSpec, *, evaluate: Callable[[], float]) -> None:
        """Takes what the course depends on.

        Args:
            training: how long, with how many evaluations, with which patience.
            evaluate: scores validation with the network as it is; F1 in [0, 1].
        """
        self.evaluation_steps = evaluation_steps(training)
        self._training = training
        self._evaluate = evaluate

    def measure(self, step: int) -> dict[str, float]:
        return {"validation_f1": self._evaluate()}

    def entry(self, state: State[float, Progress], measured: dict[str, float]) -> Progress:
        return Progress(
            images_seen=images_seen(self._training, state.step),
            device_seconds=state.seconds,
            loss=float(np.mean(state.losses)),
            **measured,
        )

    def is_worth_keeping(self, entry: Progress, before: Sequence[Progress]) -> bool:
        return is_worth_keeping(entry.validation_f1, before)

    def is_over(self, progress: Sequence[Progress]) -> bool:
        return has_stalled(self._training, progress)
