"""What the search may vary in any training: the learning rate, its schedule, and augmentation."""

from typing import TYPE_CHECKING, Any, get_args

from search_spaces import parameters
from trainables.spec.space import Choice, Parameter, Range, Space
from trainables.spec.training_spec import DecayName

if TYPE_CHECKING:
    import optuna


RANGE_AROUND_DEFAULT = 4.0
"""The search goes this many times below and above the default learning rate."""
AVERAGING = Range(field="training.averaging", low=0.02, high=0.3, default=0.1, log=True)
"""A constant learning rate with averaged weights converges as a decaying one does."""


def defaults(space: Space) -> dict[str, Any]:
    """Where every search starts.

    Args:
        space: of the family.
    """
    rate, warm_up, *others = _parameters(space)
    return parameters.defaults([rate, warm_up, _DECAY, *others, *space.own])


def suggest(trial: "optuna.Trial", space: Space) -> dict[str, Any]:
    """One training, as flat fields of a `TrialSpec`.

    Args:
        space: of the family.
    """
    flat = parameters.suggest(trial, [*_parameters(space), _DECAY])
    if flat[_DECAY.field] == "constant":
        flat |= parameters.suggest(trial, [AVERAGING])
    return flat | parameters.suggest(trial, space.own)


_DECAY = Choice(field="training.decay", values=get_args(DecayName), default="cosine")


def _parameters(space: Space) -> list[Parameter]:
    """The parameters that every training has."""
    rate = space.learning_rate
    return [
        Range(
            field="training.learning_rate",
            low=rate / RANGE_AROUND_DEFAULT,
            high=rate * RANGE_AROUND_DEFAULT,
            default=rate,
            log=True,
        ),
        Range(field="training.warm_up", low=0.01, high=0.2, default=space.warm_up, log=True),
        Choice(field="training.gradient_norm", values=(1.0, 0.1, 0.0), default=1.0),
        Range(field="training.intensity", low=0.0, high=0.6, default=0.2),
        Range(field="training.zoom", low=1.1, high=2.0, default=1.5),
    ]
