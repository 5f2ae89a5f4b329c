"""What a search may vary, as data: each field once, with its range and its default."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Numbers between two ends."""

    field: str
    """Flat field of a `TrialSpec`, which is the parameter's name as well."""
    low: float
    high: float
    default: float
    """Where every search starts."""
    log: bool = False
    """Whether the search is on a logarithmic scale."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Some values."""

    field: str
    """As in `Range`."""
    values: tuple[float | str, ...]
    default: float | str
    """Where every search starts."""


Parameter = Range | Choice


@dataclass(frozen=True, kw_only=True, slots=True)
class Space:
    """What a family's search starts from and varies, for one network and one way to start."""

    learning_rate: float
    """The field's default, around which the search goes."""
    warm_up: float = 0.05
    """Default share of the training during which the learning rate rises."""
    weight_decay: float = 1e-4
    """Default where training starts from pretrained weights."""
    own: tuple[Parameter, ...] = ()
    """Parameters that only this family has."""
    low_rank: bool = False
    """Whether LoRA is available for the network, and so one of the schedules."""
