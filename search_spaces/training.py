"""What the search may vary in any training: learning rate, its run, and augmentation."""

from typing import Any, get_args

import optuna

from trainables.spec.training_spec import DecayName

FACTOR = 4.0
"""The search goes this many times below and above the default learning rate."""
CLIPS = (1.0, 0.1, 0.0)
"""Lengths to which gradients are clipped; 0 leaves them as they are."""


def defaults(*, learning_rate: float) -> dict[str, Any]:
    """Where every search starts.

    Args:
        learning_rate: the family's own default.
    """
    return {
        "training.learning_rate": learning_rate,
        "training.warm_up": 0.05,
        "training.decay": "cosine",
        "training.gradient_norm": 1.0,
        "training.intensity": 0.2,
        "training.zoom": 1.5,
    }


def space(trial: optuna.Trial, *, learning_rate: float) -> dict[str, Any]:
    """One training, as flat fields of a `TrialSpec`.

    Args:
        learning_rate: the family's own default, around which the search goes.
    """
    return {
        "training.learning_rate": trial.suggest_float(
            "training.learning_rate", learning_rate / FACTOR, learning_rate * FACTOR, log=True
        ),
        "training.warm_up": trial.suggest_float("training.warm_up", 0.01, 0.2, log=True),
        "training.gradient_norm": trial.suggest_categorical("training.gradient_norm", CLIPS),
        "training.intensity": trial.suggest_float("training.intensity", 0.0, 0.6),
        "training.zoom": trial.suggest_float("training.zoom", 1.1, 2.0),
        **_decay(trial),
    }


def _decay(trial: optuna.Trial) -> dict[str, Any]:
    """A falling learning rate, or a constant one with averaged weights, which settles as well."""
    decay = trial.suggest_categorical("training.decay", get_args(DecayName))
    if decay == "cosine":
        return {"training.decay": decay}
    averaging = trial.suggest_float("training.averaging", 0.02, 0.3, log=True)
    return {"training.decay": decay, "training.averaging": averaging}
