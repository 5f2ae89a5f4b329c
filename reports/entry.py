"""Objects of a JSON file, read key by key, so that an error names the file and the key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

V = TypeVar("V", str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a file. A key whose value is null counts as missing."""

    values: Mapping[str, Any]
    file: str
    place: str = ""
    """Where it stands in the file, e.g. `design.arms[0]`; empty for the whole file."""

    def text(self, key: str, default: str | None = None) -> str:
        """A string, or the default where the key is missing."""
        return self._value(key, str, default)

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number, or the default where the key is missing."""
        return self._value(key, int, default)

    def number(self, key: str, default: float | None = None) -> float:
        """A number, or the default where the key is missing."""
        return self._value(key, float, default)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """True or false, or the default where the key is missing."""
        return self._value(key, bool, default)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, empty where the key is missing."""
        return tuple(self._checked(f"{key}[{n}]", str, one) for n, one in self._each(key))

    def counts(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; the key is required."""
        each = self._each(key, needed=True)
        return tuple(self._checked(f"{key}[{n}]", int, one) for n, one in each)

    def part(self, key: str) -> "Entry":
        """An object within this one, empty where the key is missing."""
        return self._entry(key, self.values.get(key) or {})

    def parts(self, key: str, *, needed: bool = False) -> list["Entry"]:
        """A list of objects, empty where the key is missing and not needed."""
        return [self._entry(f"{key}[{n}]", one) for n, one in self._each(key, needed=needed)]

    def _value(self, key: str, kind: Callable[[Any], V], default: V | None) -> V:
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        return self._checked(key, kind, value)

    def _checked(self, key: str, kind: Any, value: Any) -> Any:
        known = int | float if kind is float else kind
        if not isinstance(value, known) or (isinstance(value, bool) and kind is not bool):
            raise self._error(key, _WORDS[kind], value)
        return kind(value)

    def _each(self, key: str, *, needed: bool = False) -> Sequence[tuple[int, Any]]:
        values = self.values.get(key)
        if values is None and not needed:
            return []
        if not isinstance(values, list):
            raise self._error(key, "a list", values)
        return list(enumerate(values))

    def _entry(self, key: str, values: Any) -> "Entry":
        if not isinstance(values, Mapping):
            raise self._error(key, "an object", values)
        return Entry(values, self.file, self._path(key))

    def _path(self, key: str) -> str:
        return f"{self.place}.{key}".removeprefix(".")

    def _error(self, key: str, wanted: str, value: Any) -> ValueError:
        found = "has no such key" if value is None else f"has {value!r}"
        return ValueError(f"{self._path(key)} must be {wanted}, but {self.file} {found}.")


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
