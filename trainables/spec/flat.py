"""Nested dataclasses as flat dicts, as Ray, Optuna and MLflow want them, and back."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from typing import Any


def flatten(spec: Any) -> dict[str, Any]:
    """The spec as one flat dict, nested names joined by dots: {"training.batch_size": 8, ...}."""
    flat: dict[str, Any] = {}
    for entry in dataclasses.fields(spec):
        value = getattr(spec, entry.name)
        if dataclasses.is_dataclass(value):
            flat |= {f"{entry.name}.{name}": part for name, part in flatten(value).items()}
        else:
            flat[entry.name] = value
    return flat


def hash_flat(flat: dict[str, Any]) -> str:
    """Twelve hexadecimal digits that name a flat dict, whatever the order of its entries."""
    return hashlib.sha256(json.dumps(flat, sort_keys=True).encode()).hexdigest()[:12]


def top_of(flat: dict[str, Any]) -> dict[str, Any]:
    """The entries that are not nested."""
    return {name: value for name, value in flat.items() if "." not in name}


def part_of(flat: dict[str, Any], part: str) -> dict[str, Any]:
    """The entries of one nested part, without its name."""
    start = part + "."
    return {
        name.removeprefix(start): value for name, value in flat.items() if name.startswith(start)
    }


def build(cls: Any, values: dict[str, Any]) -> Any:
    """A dataclass from its fields.

    Raises:
        ValueError: a field is unknown or missing, or its value is out of range.
    """
    refuse_unknown(cls, values)
    if lacking := [name for name in _needed(cls) if name not in values]:
        raise ValueError(f"{cls.__name__} needs {lacking[0]!r}, which is not given.")
    return cls(**values)


def refuse_unknown(cls: Any, names: Iterable[str]) -> None:
    """Refuses names that a dataclass has no field for.

    Raises:
        ValueError: names the first of them, and the existing fields.
    """
    known = {entry.name for entry in dataclasses.fields(cls)}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"{cls.__name__} has no {unknown[0]!r}; it has {sorted(known)}.")


def _needed(cls: Any) -> list[str]:
    """Fields without a default."""
    return [
        entry.name
        for entry in dataclasses.fields(cls)
        if entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
    ]
