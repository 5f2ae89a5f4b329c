"""What the search may vary in a U-Net."""

from typing import Any

import optuna


def defaults() -> dict[str, Any]:
    """Where every search starts."""
    return {
        "training.learning_rate": 2e-3,
        "training.intensity": 0.2,
        "segmenter.boundary_weight": 2.0,
    }


def space(trial: optuna.Trial) -> dict[str, Any]:
    """One configuration, as flat fields of a `TrialSpec`."""
    return {
        "training.learning_rate": trial.suggest_float(
            "training.learning_rate", 5e-4, 8e-3, log=True
        ),
        "training.intensity": trial.suggest_float("training.intensity", 0.0, 0.6),
        "segmenter.boundary_weight": trial.suggest_float("segmenter.boundary_weight", 1.0, 4.0),
    }
