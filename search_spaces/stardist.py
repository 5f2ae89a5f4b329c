"""What the search may vary in Stardist."""

from typing import Any

import optuna


def defaults() -> dict[str, Any]:
    """Where every search starts."""
    return {"training.learning_rate": 1e-3, "training.intensity": 0.2, "training.zoom": 1.5}


def space(trial: optuna.Trial) -> dict[str, Any]:
    """One configuration, as flat fields of a `TrialSpec`."""
    return {
        "training.learning_rate": trial.suggest_float(
            "training.learning_rate", 2e-4, 5e-3, log=True
        ),
        "training.intensity": trial.suggest_float("training.intensity", 0.0, 0.6),
        "training.zoom": trial.suggest_float("training.zoom", 1.1, 2.0),
    }
