"""What a given score costs with each arm, and which arms no other beats on score and cost."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.findings.curves import Reading, curve_of, read_at_score
from reports.verdict.aggregate import ArmSummary, summaries_of

TARGETS_F1 = (0.7, 0.8, 0.9)


@dataclass(frozen=True, kw_only=True, slots=True)
class CostToScore:
    """What one arm needs for one score."""

    arm: str
    target_f1: float
    annotations: Reading
    """Annotated images, read off the arm's own curve."""
    measured_count: int | None
    """Smallest measured count whose mean reaches the score; None where none does."""
    model_device_seconds: float
    """One training at that count, its GAN included; NaN where none reaches the score."""
    with_search_device_seconds: float
    """The same plus the arm's whole search, its GAN fits included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """An arm at one annotation count: what it takes and what it gives."""

    arm: str
    annotation_count: int
    f1: float
    model_device_seconds: float
    with_search_device_seconds: float
    on_front: bool
    """Whether no other point has at least this score for no more images and device time."""


def cost_to_score(by_count: Mapping[int, Sequence[ArmSummary]]) -> list[CostToScore]:
    """One entry for each arm with scores and each target."""
    return [
        entry
        for name in _names(by_count)
        for target in TARGETS_F1
        if (entry := _cost(by_count, name, target)) is not None
    ]


def points(by_count: Mapping[int, Sequence[ArmSummary]]) -> list[Point]:
    """Every arm at every count with scores; the front is over images, device time and score."""
    reached = [
        (count, summary)
        for count in sorted(by_count)
        for summary in by_count[count]
        if summary.scores is not None
    ]
    places = [(count, with_search(one), -one.mean_f1) for count, one in reached]
    return [
        Point(
            arm=summary.arm.name,
            annotation_count=count,
            f1=summary.mean_f1,
            model_device_seconds=summary.cost.model_device_seconds,
            with_search_device_seconds=with_search(summary),
            on_front=not any(_dominates(other, place) for other in places),
        )
        for (count, summary), place in zip(reached, places, strict=True)
    ]


def with_search(summary: ArmSummary) -> float:
    """Device-seconds of an arm's search, its GAN fits, and one training with its GAN."""
    return summary.cost.charged_device_seconds + summary.cost.model_device_seconds


def _cost(
    by_count: Mapping[int, Sequence[ArmSummary]], name: str, target: float
) -> CostToScore | None:
    reading = read_at_score(curve_of(by_count, name), target)
    if reading is None:
        return None
    scored = summaries_of(by_count, name).items()
    reaching = ((count, summary) for count, summary in scored if summary.mean_f1 >= target)
    count, summary = next(reaching, (None, None))
    return CostToScore(
        arm=name,
        target_f1=target,
        annotations=reading,
        measured_count=count,
        model_device_seconds=summary.cost.model_device_seconds if summary else math.nan,
        with_search_device_seconds=with_search(summary) if summary else math.nan,
    )


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether one is at most the other in everything, and less in something."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def _names(by_count: Mapping[int, Sequence[ArmSummary]]) -> list[str]:
    names = [summary.arm.name for summaries in by_count.values() for summary in summaries]
    return list(dict.fromkeys(names))
