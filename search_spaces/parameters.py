"""Parameters declared as data, and how they are suggested by Optuna."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trainables.spec.space import Parameter, Range

if TYPE_CHECKING:
    import optuna


def defaults(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Where every search starts, by field."""
    return {one.field: one.default for one in parameters}


def suggest(trial: "optuna.Trial", parameters: Iterable[Parameter]) -> dict[str, Any]:
    """One value of each parameter, by field."""
    return {one.field: _value(trial, one) for one in parameters}


def _value(trial: "optuna.Trial", parameter: Parameter) -> Any:
    if isinstance(parameter, Range):
        return trial.suggest_float(
            parameter.field, parameter.low, parameter.high, log=parameter.log
        )
    return trial.suggest_categorical(parameter.field, parameter.values)
