"""What a trial leaves behind: numbers that go into the store as JSON and come back the same."""

import dataclasses
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from trainables.results.score_table import (
    ScoreTable,
    from_columns,
    from_rows,
    score_table,
    to_json_columns,
)
from trainables.spec.flat import flatten
from trainables.spec.reading import read_spec
from trainables.spec.trial_spec import GanFitSpec, Spec, TrialSpec

SCHEMA_VERSION = 2
_READ_SCORES: dict[int, Callable[[Any], ScoreTable]] = {1: from_rows, 2: from_columns}
"""By schema version: version 1 holds the scores of single images image by image."""

Status = Literal["completed", "pruned", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a training has come, at one evaluation."""

    images_seen: int
    """Crops that the optimiser has been shown so far."""
    device_seconds: float
    """Seconds of training and evaluation so far, times the devices used."""
    validation_f1: float
    """Mean over validation images of instance F1 at IoU 0.5, with the thresholds in force."""
    loss: float
    """Mean training loss since the evaluation before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a trial spent."""

    device_seconds: float
    """Seconds the trial held its device, all included, times the devices used."""
    training_seconds: float
    """Of these, inside the segmenter's or GAN's fitting."""
    started_at: float
    """Unix time in seconds."""
    ended_at: float
    """Unix time in seconds."""
    peak_gib: float
    """Largest resident memory of the process (on a GPU: of the device), in GiB."""
    device: str
    """`cpu`, or the GPU's name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialResult:
    """All that is known about one trial after it ended."""

    trial_id: str
    """Hash of the spec, as the software that ran the trial knew it."""
    spec: Spec
    status: Status
    reason: str = ""
    """Why it was pruned or failed; empty when it completed."""
    progress: tuple[Progress, ...] = ()
    thresholds: dict[str, float] = dataclasses.field(default_factory=dict)
    validation: ScoreTable = dataclasses.field(default_factory=score_table)
    test: ScoreTable = dataclasses.field(default_factory=score_table)
    """Empty in every stage that is not allowed to see the test images."""
    synthesis: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Of a GAN fit: its end, share dropped, distances; of a trial with extra data: its pool."""
    cost: Cost | None = None
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    """Versions, commit and machine of the process that ran it."""

    @property
    def trial(self) -> TrialSpec:
        """The spec of the trial.

        Raises:
            ValueError: it is a GAN fit.
        """
        return _trial_of(self)

    @property
    def gan_fit(self) -> GanFitSpec:
        """The spec of the GAN fit.

        Raises:
            ValueError: it is a trial.
        """
        if isinstance(self.spec, GanFitSpec):
            return self.spec
        raise ValueError(f"{self.trial_id} is a trial of the stage {self.spec.stage}, no GAN fit.")

    @property
    def validation_f1(self) -> float:
        """The selection metric: mean validation F1 with tuned thresholds; NaN if never scored."""
        return mean_f1(self.validation)

    @property
    def test_f1(self) -> float:
        """Mean over test images of instance F1 at IoU 0.5; NaN where test was not scored."""
        return mean_f1(self.test)


def mean_f1(scores: ScoreTable) -> float:
    """Mean over images of instance F1 at IoU 0.5; NaN for no image."""
    return sum(scores.f1.tolist()) / len(scores) if len(scores) else math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialHead:
    """What a progress table needs of a result, read without its scores image by image."""

    trial_id: str
    spec: Spec
    status: Status
    validation_f1: float
    """NaN if never scored."""
    device_seconds: float
    """0 where nothing was measured."""

    @property
    def trial(self) -> TrialSpec:
        """The spec of the trial.

        Raises:
            ValueError: it is a GAN fit.
        """
        return _trial_of(self)


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


def _trial_of(result: TrialResult | TrialHead) -> TrialSpec:
    if isinstance(result.spec, TrialSpec):
        return result.spec
    raise ValueError(f"{result.trial_id} is a GAN fit, which has no arm and no segmenter.")


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
