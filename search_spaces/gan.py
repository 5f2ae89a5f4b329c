"""Which of the study's GANs makes the synthetic data."""

from collections.abc import Sequence
from typing import Any

import optuna

from trainables.flat import flatten
from trainables.spec import GanSpec

CHOICE = "gan"
"""Name of the parameter: the place of the GAN in the study's list."""


def defaults(gans: Sequence[GanSpec]) -> dict[str, Any]:
    """Where every search starts: the first."""
    return {CHOICE: 0} if len(gans) > 1 else {}


def space(trial: optuna.Trial, *, gans: Sequence[GanSpec]) -> dict[str, Any]:
    """One GAN, as flat fields of a `TrialSpec`."""
    choice = trial.suggest_categorical(CHOICE, range(len(gans))) if len(gans) > 1 else 0
    return {f"extra.gan.{name}": value for name, value in flatten(gans[choice]).items()}
