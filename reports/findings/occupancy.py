"""How well the machines were used: what share of the time trainings ran side by side."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from trainables.results.result import Cost, TrialResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Occupancy:
    """Use of the time between the first training's start and the last one's end."""

    most_at_once: int
    """Trainings that ran side by side at the busiest moment."""
    full_share: float
    """Share of the time in which that many ran."""
    idle_share: float
    """Share of the time in which none ran: between stages, or while the study was stopped."""


def occupancy(results: Sequence[TrialResult]) -> Occupancy | None:
    """Adds up the trainings' own times; None before two have ended."""
    costs = [result.cost for result in results if result.cost]
    if len(costs) < 2:
        return None
    spans = _spans(costs)
    total = sum(spans.values())
    most = max(spans)
    return Occupancy(
        most_at_once=most,
        full_share=spans[most] / total if total else 0.0,
        idle_share=spans.get(0, 0.0) / total if total else 0.0,
    )


def _spans(costs: Sequence[Cost]) -> dict[int, float]:
    """Seconds by the number of trainings that ran at once."""
    changes = sorted(
        [(cost.started_at, 1) for cost in costs] + [(cost.ended_at, -1) for cost in costs]
    )
    spans: dict[int, float] = {}
    running = 0
    for (at, change), (until, _) in itertools.pairwise(changes):
        running += change
        spans[running] = spans.get(running, 0.0) + until - at
    return spans
