"""How much synthetic data may be mixed in: the ratio, 0 included."""

from typing import Any

import optuna

RATIOS = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Synthetic crops per real crop; 0 lets an arm do without."""


def defaults() -> dict[str, Any]:
    """Where every search starts."""
    return {"extra.ratio": 0.5}


def space(trial: optuna.Trial) -> dict[str, Any]:
    """One ratio, as a flat field of a `TrialSpec`."""
    return {"extra.ratio": trial.suggest_categorical("extra.ratio", RATIOS)}
