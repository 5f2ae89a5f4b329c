"""What a trial leaves behind: numbers that go into the store as JSON and come back the same."""

import dataclasses
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA_VERSION = 1

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
class Counts:
    """Matched and unmatched cells of one image pair at one IoU threshold."""

    threshold: float
    """Smallest IoU that counts as found, in (0, 1]."""
    true_positives: int
    false_positives: int
    false_negatives: int
    matched_iou: float
    """Sum of the IoUs of the matched pairs, in single precision as StarDist takes it."""

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); 1.0 when neither image holds a cell."""
        found = 2 * self.true_positives
        total = found + self.false_positives + self.false_negatives
        return found / total if total else 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeCounts:
    """Matched and unmatched cells of one image pair in one class of cell size."""

    min_diameter_px: float
    """Smallest diameter of the class, of the disc of the same area, in pixels."""
    max_diameter_px: float
    """Diameter at which the next class begins; infinite for the last."""
    true_positives: int
    """Found cells whose true diameter is in the class."""
    false_positives: int
    """Invented cells whose own diameter is in the class."""
    false_negatives: int
    """Missed cells whose true diameter is in the class."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageScore:
    """How well the labels predicted for one image agree with the true ones."""

    sample_id: str
    group: str
    counts: tuple[Counts, ...]
    """At IoU 0.50, 0.55 ... 0.95, every cell counted (StarDist's and Cellpose's convention)."""
    counts_without_border: tuple[Counts, ...]
    """At IoU 0.5, 0.7, 0.9 by the NeurIPS 2022 rule: cells that touch the 2-pixel frame dropped."""
    aji: float
    aji_plus: float
    dice: float
    true_cells: int
    predicted_cells: int
    splits: int
    """True cells that were cut into several."""
    merges: int
    """Predicted cells that cover several true ones."""
    by_size: tuple[SizeCounts, ...] = ()
    """At IoU 0.5, small and large cells apart; empty where this was not asked for."""

    @property
    def f1(self) -> float:
        """Instance F1 at IoU 0.5, every cell counted: the metric of all comparisons."""
        return self.counts[0].f1

    @property
    def count_error(self) -> int:
        """Predicted minus true number of cells."""
        return self.predicted_cells - self.true_cells


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
    """Hash of the spec."""
    spec: dict[str, Any]
    """The spec, flat."""
    status: Status
    reason: str = ""
    """Why it was pruned or failed; empty when it completed."""
    progress: tuple[Progress, ...] = ()
    thresholds: dict[str, float] = dataclasses.field(default_factory=dict)
    validation: tuple[ImageScore, ...] = ()
    test: tuple[ImageScore, ...] = ()
    """Empty in every stage that is not allowed to see the test images."""
    synthesis: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Of a GAN fit: share dropped, distances; of a trial with extra data: its pool."""
    cost: Cost | None = None
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    """Versions, commit and machine of the process that ran it."""

    @property
    def validation_f1(self) -> float:
        """The selection metric: mean validation F1 with tuned thresholds; NaN if never scored."""
        return mean_f1(self.validation)

    @property
    def test_f1(self) -> float:
        """Mean over test images of instance F1 at IoU 0.5; NaN where test was not scored."""
        return mean_f1(self.test)


def mean_f1(scores: tuple[ImageScore, ...]) -> float:
    """Mean over images of instance F1 at IoU 0.5; NaN for no image."""
    return sum(score.f1 for score in scores) / len(scores) if scores else math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialHead:
    """What a progress table needs of a result, read without its scores image by image."""

    trial_id: str
    spec: dict[str, Any]
    status: Status
    validation_f1: float
    """NaN if never scored."""
    device_seconds: float
    """0 where nothing was measured."""


def to_json(result: TrialResult) -> str:
    """The result as JSON text; numbers come back exactly, NaN and infinity included.

    The first line holds all but the scores of single images, which `head_from_json` reads alone.
    """
    fields = dataclasses.asdict(result)
    scores = {name: fields.pop(name) for name in ("validation", "test")}
    head = {"schema": SCHEMA_VERSION, **fields, "validation_f1": result.validation_f1}
    lines = [json.dumps(head)[:-1]]
    lines += [f'"{name}": {json.dumps(values)}' for name, values in scores.items()]
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
    known = raw.get("validation_f1")
    result = _result(raw)
    return TrialHead(
        trial_id=result.trial_id,
        spec=result.spec,
        status=result.status,
        validation_f1=result.validation_f1 if known is None else known,
        device_seconds=result.cost.device_seconds if result.cost else 0.0,
    )


def from_json(text: str) -> TrialResult:
    """Reads what `to_json` wrote.

    Raises:
        ValueError: the text was written by another schema version, or is no result.
    """
    return _result(json.loads(text))


def _result(raw: dict[str, Any]) -> TrialResult:
    version = raw.pop("schema", None)
    if version != SCHEMA_VERSION:
        raise ValueError(
            f"A result must have schema version {SCHEMA_VERSION}, but this one has {version}: "
            f"read it with the version of the software that wrote it."
        )
    raw.pop("validation_f1", None)
    raw["progress"] = tuple(Progress(**entry) for entry in raw["progress"])
    for name in ("validation", "test"):
        raw[name] = tuple(_image_score(entry) for entry in raw.get(name, ()))
    raw["cost"] = Cost(**raw["cost"]) if raw["cost"] else None
    return TrialResult(**raw)


def _image_score(raw: dict[str, Any]) -> ImageScore:
    for name in ("counts", "counts_without_border"):
        raw[name] = tuple(Counts(**entry) for entry in raw[name])
    raw["by_size"] = tuple(SizeCounts(**entry) for entry in raw.get("by_size", ()))
    return ImageScore(**raw)
