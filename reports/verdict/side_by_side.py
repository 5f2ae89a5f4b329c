"""Several studies in one report: rank and difference of the arms by data set."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from reports.facts import Arm
from reports.load import Folder, Study, load_study
from reports.margin import MARGIN_F1
from reports.statistics.intervals import Interval
from reports.verdict.compare import BASELINE, Comparison
from reports.verdict.verdict import Decision, decide


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """One arm in one study, at the study's largest annotation count."""

    study: str
    arm: str
    annotation_count: int
    rank: int
    """1 is the best mean; arms that lost trainings come last."""
    f1: Interval
    lead: Comparison | None
    """Its lead over the plain U-Net; None for itself, or where they were not compared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overall:
    """One arm over all studies that have it."""

    arm: str
    studies: int
    mean_rank: float
    """Mean rank among the arms that all studies have; NaN for the others."""
    wins: int
    """Studies in which it has the best mean."""
    ahead: int
    """Studies in which it beats the plain U-Net beyond chance."""
    behind: int
    mean_lead: float
    """Mean over studies of its lead over the plain U-Net; NaN where there is none."""
    sd_lead: float
    """Standard deviation of these leads between studies; NaN for fewer than two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SideBySide:
    """Several studies, read and decided."""

    names: tuple[str, ...]
    """A name for each study, no two alike."""
    studies: tuple[Study, ...]
    decisions: tuple[Decision, ...]
    arms: tuple[Arm, ...]
    """All arms of any study, in the order of their first appearance."""
    placed: tuple[Placed, ...]
    overall: tuple[Overall, ...]


def side_by_side(folders: Sequence[Folder], *, margin_f1: float = MARGIN_F1) -> SideBySide:
    """Reads the studies and ranks their arms in each.

    Raises:
        ValueError: fewer than two folders, or one that holds no study.
    """
    if len(folders) < 2:
        raise ValueError(f"Two studies or more are compared, but got {len(folders)}.")
    studies = tuple(load_study(folder) for folder in folders)
    decisions = tuple(decide(study, margin_f1=margin_f1) for study in studies)
    names = _names(studies)
    placed = tuple(
        one
        for name, decision in zip(names, decisions, strict=True)
        for one in _placed(name, decision)
    )
    arms: dict[str, Arm] = {}
    for study in studies:
        for arm in study.arms:
            arms.setdefault(arm.name, arm)
    return SideBySide(
        names=names,
        studies=studies,
        decisions=decisions,
        arms=tuple(arms.values()),
        placed=placed,
        overall=tuple(_overall(name, placed) for name in arms if _of(name, placed)),
    )


def _names(studies: Sequence[Study]) -> tuple[str, ...]:
    """The data set's name; the folder's too where two studies share a data set, and a number
    where their folders share a name: ranks and figures tell studies apart by their names."""
    plain = [study.dataset.name or study.facts.name or study.folder.name for study in studies]
    placed = [
        f"{name} ({study.folder.name})" if plain.count(name) > 1 else name
        for name, study in zip(plain, studies, strict=True)
    ]
    return tuple(
        f"{name} #{placed[: place + 1].count(name)}" if placed.count(name) > 1 else name
        for place, name in enumerate(placed)
    )


def _placed(name: str, decision: Decision) -> list[Placed]:
    return [
        Placed(
            study=name,
            arm=summary.arm.name,
            annotation_count=decision.annotation_count,
            rank=rank,
            f1=summary.f1,
            lead=decision.between(summary.arm.name, BASELINE),
        )
        for rank, summary in enumerate(decision.scored, start=1)
        if summary.f1 is not None
    ]


def _of(arm: str, placed: Sequence[Placed]) -> list[Placed]:
    return [one for one in placed if one.arm == arm]


def _overall(arm: str, placed: Sequence[Placed]) -> Overall:
    own = _of(arm, placed)
    leads = [one.lead for one in own if one.lead is not None]
    values = [lead.found.estimate for lead in leads]
    clear = [lead.found.estimate > 0 for lead in leads if lead.distinguishable]
    return Overall(
        arm=arm,
        studies=len(own),
        mean_rank=_mean_rank(arm, placed),
        wins=sum(one.rank == 1 for one in own),
        ahead=sum(clear),
        behind=len(clear) - sum(clear),
        mean_lead=statistics.fmean(values) if values else math.nan,
        sd_lead=statistics.stdev(values) if len(values) > 1 else math.nan,
    )


def _mean_rank(arm: str, placed: Sequence[Placed]) -> float:
    """Studies with more arms must not make an arm that all have look worse."""
    arms_of: dict[str, list[str]] = {}
    for one in sorted(placed, key=lambda one: one.rank):
        arms_of.setdefault(one.study, []).append(one.arm)
    common = set.intersection(*map(set, arms_of.values()))
    if arm not in common:
        return math.nan
    ranks = [[name for name in arms if name in common].index(arm) + 1 for arms in arms_of.values()]
    return statistics.fmean(ranks)
