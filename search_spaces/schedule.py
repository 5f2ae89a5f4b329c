"""How fine-tuning may move away from pretrained weights."""

from typing import Any, get_args

import optuna

from trainables.spec import ScheduleName


def defaults() -> dict[str, Any]:
    """Where every search starts."""
    return {"training.schedule": "full"}


def space(trial: optuna.Trial) -> dict[str, Any]:
    """One schedule, as a flat field of a `TrialSpec`."""
    return {
        "training.schedule": trial.suggest_categorical("training.schedule", get_args(ScheduleName))
    }
