"""When validation is scored: the one clock that every segmenter's training follows."""

import math
from collections.abc import Sequence

from trainables.results.result import Progress
from trainables.spec.training_spec import TrainingSpec


class TrainingDiverged(ValueError):  # noqa: N818, what happened is clearer than "Error"
    """The loss became infinite or NaN."""


def refuse_divergence(loss: float, *, step: int) -> None:
    """Raises `TrainingDiverged` where the loss of a step is not finite."""
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"The loss must stay finite, but it became {loss} at step {step}: lower the learning "
            f"rate, or look for NaN in the images."
        )


NEAR = 0.02
"""Validation F1s that differ by less are taken as equal: a few images cannot tell them apart."""


def is_worth_keeping(score: float, before: Sequence[Progress]) -> bool:
    """Whether the weights of this evaluation replace those kept so far.

    They do unless an earlier evaluation was clearly better. The learning rate falls to 0, so among
    weights that validation cannot tell apart the later ones are better; taking the highest score
    of a few images would often keep weights from the unsettled first part of a training.

    Args:
        score: validation F1 of this evaluation.
        before: the evaluations before it.
    """
    return all(score >= earlier.validation_f1 - NEAR for earlier in before)


def has_stalled(training: TrainingSpec, progress: Sequence[Progress]) -> bool:
    """Whether the last `patience` evaluations brought no better score than those before them."""
    if not training.patience or len(progress) <= training.patience:
        return False
    scores = [entry.validation_f1 for entry in progress]
    return max(scores[-training.patience :]) <= max(scores[: -training.patience])


def evaluation_steps(training: TrainingSpec) -> list[int]:
    """Optimiser steps, counted from 1, after which validation is scored.

    They are as evenly spaced as whole steps allow, and the last one is the last step: trials of
    one arm are compared at equal images seen, whatever their batch size. Empty where nothing
    is trained.
    """
    if not training.steps:
        return []
    return [
        round(training.steps * (index + 1) / training.evaluations)
        for index in range(training.evaluations)
    ]


def images_seen(training: TrainingSpec, step: int) -> int:
    """Crops that the optimiser has been shown after a number of steps."""
    return step * training.batch_size


def progress_before(training: TrainingSpec, step: int) -> float:
    """Share of the images seen before a step (counted from 1), in [0, 1): what schedules read."""
    return (step - 1) / training.steps
