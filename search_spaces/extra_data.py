"""How much synthetic data may be mixed in, 0 included, and when in the training it is shown."""

from typing import TYPE_CHECKING, Any, get_args

from trainables.spec.extra_spec import SyntheticOrder

if TYPE_CHECKING:
    import optuna


RATIOS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Synthetic crops per real crop; with 0 an arm uses none."""


def defaults() -> dict[str, Any]:
    """Where every search starts."""
    return {"extra.ratio": 0.5, "extra.order": "mixed"}


def suggest(trial: "optuna.Trial") -> dict[str, Any]:
    """One ratio and, unless it is 0, one order, as flat fields of a `TrialSpec`."""
    ratio = trial.suggest_categorical("extra.ratio", RATIOS)
    if ratio == 0:
        return {"extra.ratio": ratio}
    return {
        "extra.ratio": ratio,
        "extra.order": trial.suggest_categorical("extra.order", get_args(SyntheticOrder)),
    }
