"""Checks of a dataclass's fields, each reported as the rule, the name and the value."""

from typing import Any


def at_least(spec: Any, **smallest: float) -> None:
    """Checks that fields are not below a bound.

    Raises:
        ValueError: names the field, its bound and its value.
    """
    for name, bound in smallest.items():
        value = getattr(spec, name)
        if not value >= bound:
            raise ValueError(f"{name} must be at least {bound}, but got {value}.")


def one_of(spec: Any, **allowed: tuple[Any, ...]) -> None:
    """Checks that fields hold one of a few values.

    Raises:
        ValueError: names the field, what is allowed and its value.
    """
    for name, values in allowed.items():
        value = getattr(spec, name)
        if value not in values:
            raise ValueError(f"{name} must be one of {list(values)}, but got {value!r}.")
