"""Which of the study's GANs makes the synthetic data: the architecture, then its variant.

Each GAN is fitted once, before the search, which chooses among them: a search over ratios and
segmenters refits none.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trainables.spec.flat import flatten
from trainables.spec.gan_spec import GanSpec

if TYPE_CHECKING:
    import optuna


ARCHITECTURE = "gan.architecture"
"""Name of the first parameter."""


def starts(gans: Sequence[GanSpec]) -> list[dict[str, Any]]:
    """Where every search starts: the first GAN of each architecture, in the study's order."""
    variants = _variants(gans)
    return [
        ({ARCHITECTURE: name} if len(variants) > 1 else {})
        | ({_variant(name): 0} if len(choices) > 1 else {})
        for name, choices in variants.items()
    ]


def suggest(trial: "optuna.Trial", *, gans: Sequence[GanSpec]) -> dict[str, Any]:
    """One GAN, as flat fields of a `TrialSpec`."""
    variants = _variants(gans)
    names = list(variants)
    name = trial.suggest_categorical(ARCHITECTURE, names) if len(names) > 1 else names[0]
    choices = variants[name]
    several = len(choices) > 1
    place = trial.suggest_categorical(_variant(name), range(len(choices))) if several else 0
    return {f"extra.gan.{field}": value for field, value in flatten(choices[place]).items()}


def _variants(gans: Sequence[GanSpec]) -> dict[str, list[GanSpec]]:
    """The GANs of each architecture, in the study's order."""
    variants: dict[str, list[GanSpec]] = {}
    for gan in gans:
        variants.setdefault(gan.architecture, []).append(gan)
    return variants


def _variant(architecture: str) -> str:
    return f"gan.{architecture}.variant"
