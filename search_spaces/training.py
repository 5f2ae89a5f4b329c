"""What the search may vary in any training: learning rate and augmentation."""

from typing import Any

import optuna

FACTOR = 4.0
"""The search goes this many times below and above the default learning rate."""


def defaults(*, learning_rate: float) -> dict[str, Any]:
    """Where every search starts.

    Args:
        learning_rate: the family's own default.
    """
    return {
        "training.learning_rate": learning_rate,
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
        "training.intensity": trial.suggest_float("training.intensity", 0.0, 0.6),
        "training.zoom": trial.suggest_float("training.zoom", 1.1, 2.0),
    }
