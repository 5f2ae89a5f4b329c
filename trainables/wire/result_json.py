"""Results as JSON: numbers that go into the store and come back the same."""

import dataclasses
import json
from collections.abc import Callable, Iterable
from typing import Any

from trainables.results.result import Cost, Progress, TrialHead, TrialResult
from trainables.results.score_table import (
    ScoreTable,
    from_columns,
    from_rows,
    score_table,
    to_json_columns,
)
from trainables.spec.flat import flatten
from trainables.spec.trial_spec import Spec
from trainables.wire.reading import read_spec

SCHEMA_VERSION = 2
_READ_SCORES: dict[int, Callable[[Any], ScoreTable]] = {1: from_rows, 2: from_columns}
"""By schema version: version 1 holds the scores of single images image by image."""


def to_json(result: TrialResult) -> str:
    """The result as JSON text; numbers come back exactly, NaN and infinity included.

    The first line holds all but the scores of single images, which `head_from_json` reads alone.
    """
    scores = {"validation": result.validation, "test": result.test}
    others = [field.name for field in dataclasses.fields(result) if field.name not in scores]
    fields = {name: getattr(result, name) for name in others} | {"spec": flatten(result.spec)}
    head = {"schema": SCHEMA_VERSION, **fields, "validation_f1": result.validation_f1}
    lines = [json.dumps(head, default=dataclasses.asdict)[:-1]]
    lines += [f'"{name}": {to_json_columns(table)}' for name, table in scores.items()]
    return ",\n".join(lines) + "}"


def head_from_json(stream: Iterable[str]) -> TrialHead:
    """Reads the first line of what `to_json` wrote; all of it where it was written in one line.

    Args:
        stream: the lines of the file.

    Raises:
        ValueError: the text was written by another schema version, or is no result.
    """
    line = next(iter(stream), "").rstrip()
    raw = json.loads(line[:-1] + "}" if line.endswith(",") else line)
    _check_version(raw)
    known = raw.get("validation_f1")
    return TrialHead(
        trial_id=raw["trial_id"],
        spec=_spec(raw["spec"]),
        status=raw["status"],
        device_seconds=raw["cost"]["device_seconds"] if raw["cost"] else 0.0,
        validation_f1=_result(raw).validation_f1 if known is None else known,
    )


def from_json(text: str) -> TrialResult:
    """Reads what `to_json` wrote.

    Raises:
        ValueError: the text was written by another schema version, or is no result.
    """
    return _result(json.loads(text))


def _spec(flat: dict[str, Any]) -> Spec:
    try:
        return read_spec(flat)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"its spec cannot be read: {error}") from error


def _check_version(raw: dict[str, Any]) -> None:
    version = raw.get("schema")
    if version not in _READ_SCORES:
        raise ValueError(
            f"A result must have schema version {' or '.join(map(str, _READ_SCORES))}, but this "
            f"one has {version}: read it with the version of the software that wrote it."
        )


def _result(raw: dict[str, Any]) -> TrialResult:
    _check_version(raw)
    read_scores = _READ_SCORES[raw.pop("schema")]
    raw.pop("validation_f1", None)
    raw["spec"] = _spec(raw["spec"])
    raw["progress"] = tuple(Progress(**entry) for entry in raw["progress"])
    for name in ("validation", "test"):
        raw[name] = read_scores(raw[name]) if name in raw else score_table()
    raw["cost"] = Cost(**raw["cost"]) if raw["cost"] else None
    return TrialResult(**raw)
