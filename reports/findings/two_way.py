"""Segmenter by extra data by initial weights: does GAN data help once weights are pretrained?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.intervals import Interval, report_rng
from reports.statistics.joint import joint
from reports.verdict.aggregate import ArmSummary


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What extra data adds to one segmenter with one kind of initial weights."""

    segmenter: str
    initial_weights: str
    extra_data: str
    without: str
    """The arm without the extra data."""
    arm: str
    f1_without: float
    f1: float
    effect: Interval
    """Paired difference in mean test F1, with minus without."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interaction:
    """How the effect of extra data differs between two cells of the table."""

    extra_data: str
    one: tuple[str, str]
    """Segmenter and initial weights."""
    other: tuple[str, str]
    change: Interval
    """Effect in `one` minus that in `other`."""


def two_way(summaries: Sequence[ArmSummary]) -> tuple[list[Cell], list[Interaction]]:
    """Every effect of extra data that the arms can show, and the interactions between them.

    Interactions are taken where segmenter or initial weights differ and the extra data is the
    same; pretrained minus scratch, other segmenters minus U-Net.
    """
    arms = [one for one in summaries if one.scores is not None and one.arm.is_trained]
    cells = [
        _cell(arm, base)
        for arm in arms
        if arm.arm.extra_data != "none" and (base := _without(arms, arm)) is not None
    ]
    known = [cell for cell in cells if cell is not None]
    by_name = {summary.arm.name: summary for summary in arms}
    changes = [
        _interaction(by_name, later, earlier)
        for place, later in enumerate(known)
        for earlier in known[:place]
        if earlier.extra_data == later.extra_data
    ]
    return known, [change for change in changes if change is not None]


def _without(arms: Sequence[ArmSummary], arm: ArmSummary) -> ArmSummary | None:
    return next((other for other in arms if other.arm.is_control_of(arm.arm)), None)


def _cell(arm: ArmSummary, base: ArmSummary) -> Cell | None:
    effect = _contrast([arm, base], [1, -1])
    if effect is None:
        return None
    return Cell(
        segmenter=arm.arm.segmenter,
        initial_weights=arm.arm.initial_weights,
        extra_data=arm.arm.extra_data,
        without=base.arm.name,
        arm=arm.arm.name,
        f1_without=base.mean_f1,
        f1=arm.mean_f1,
        effect=effect,
    )


def _interaction(by_name: dict[str, ArmSummary], one: Cell, other: Cell) -> Interaction | None:
    names = [one.arm, one.without, other.arm, other.without]
    change = _contrast([by_name[name] for name in names], [1, -1, -1, 1])
    if change is None:
        return None
    return Interaction(
        extra_data=one.extra_data,
        one=(one.segmenter, one.initial_weights),
        other=(other.segmenter, other.initial_weights),
        change=change,
    )


def _contrast(summaries: Sequence[ArmSummary], weights: Sequence[int]) -> Interval | None:
    rng = report_rng("two way", *[one.arm.name for one in summaries])
    found = joint([one.scores for one in summaries if one.scores is not None], rng=rng)
    return found.contrast(np.array(weights, dtype=np.float64)) if found else None
