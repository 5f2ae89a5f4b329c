"""A spec with some fields changed, each named by its path, such as `training.zoom`."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_type_hints

from trainables.spec.flat import build, refuse_unknown

S = TypeVar("S")


def evolve(spec: S, changes: Mapping[str, Any]) -> S:
    """The spec with other values in some of its fields, all else as it was.

    Fields of one part change at once, so only what comes out must be a valid part. A part may be
    given whole; one that is None is built from the fields that are named and the defaults of the
    others.

    Args:
        spec: a dataclass, whose fields may be dataclasses.
        changes: new values by field, nested names joined by dots as in what `flatten` makes.

    Raises:
        ValueError: a field is not known, or its value is out of range.
    """
    values: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        part, dot, rest = name.partition(".")
        if dot:
            inner.setdefault(part, {})[rest] = value
        else:
            values[name] = value
    refuse_unknown(type(spec), {*values, *inner})
    _refuse_other_kind(type(spec), values)
    for part, changed in inner.items():
        values[part] = _evolved(type(spec), part, values.get(part, getattr(spec, part)), changed)
    whole: Any = spec
    evolved: S = dataclasses.replace(whole, **values)
    return evolved


def _refuse_other_kind(owner: type, values: Mapping[str, Any]) -> None:
    """Refuses another word for the `kind` of a class that has only one."""
    if "kind" not in values:
        return
    kinds = get_args(get_type_hints(owner)["kind"])
    if len(kinds) == 1 and values["kind"] not in kinds:
        raise ValueError(f"kind of {owner.__name__} is {kinds[0]!r}, but got {values['kind']!r}.")


def _evolved(owner: type, name: str, part: Any, changes: Mapping[str, Any]) -> Any:
    if dataclasses.is_dataclass(part):
        return evolve(part, changes)
    hint = get_type_hints(owner)[name]
    classes = [one for one in (hint, *get_args(hint)) if dataclasses.is_dataclass(one)]
    if not classes:
        raise ValueError(f"{name} of {owner.__name__} has no fields, but got {min(changes)!r}.")
    return build(classes[0], dict(changes))
