"""The tables of arms, comparisons, budgets and learning curves."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reports import words
from reports.columns import Column, Columns, column, csv_column, page_column, row_head, span_column
from reports.statistics.intervals import Interval
from reports.verdict.aggregate import ArmSummary
from reports.verdict.compare import Comparison
from reports.verdict.cost import ArmCost
from reports.verdict.verdict import Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Two arms at one annotation count, and what it would take to tell them apart."""

    annotation_count: int
    pair: Comparison
    draws_needed: int | None
    """None where they are told apart, or more draws alone are not enough."""
    groups_needed: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """An arm with test scores at one annotation count."""

    annotation_count: int
    summary: ArmSummary


def best_first(decision: Decision) -> list[ArmSummary]:
    """All arms by their mean test F1; those without one last."""
    scored = sorted((one for one in decision.arms if one.f1), key=lambda one: -one.mean_f1)
    return [*scored, *(one for one in decision.arms if one.f1 is None)]


def compared(pairs: Iterable[tuple[int, Comparison]]) -> list[Compared]:
    """What it would take to tell the arms of each pair apart."""
    return [
        Compared(
            annotation_count=count,
            pair=pair,
            draws_needed=None if pair.reading == "different" else pair.draws_needed(),
            groups_needed=None if pair.reading == "different" else pair.groups_needed(),
        )
        for count, pair in pairs
    ]


def reached(by_count: Mapping[int, Sequence[ArmSummary]]) -> list[Reached]:
    """The numbers behind the learning curves."""
    return [
        Reached(annotation_count=count, summary=summary)
        for count, summaries in by_count.items()
        for summary in summaries
        if summary.f1 is not None
    ]


def _score(heading: str, name: str, show: Callable[[float], str]) -> Column[ArmSummary]:
    return column(heading, name, lambda one: one.metrics.get(name, math.nan), show)


def _seconds(
    heading: str, name: str, read: Callable[[ArmCost], float], *, key: bool = False
) -> Column[ArmSummary]:
    return column(heading, name, lambda one: read(one.cost), words.seconds, key=key)


def _ends(found: Interval | None) -> tuple[float, float]:
    return (found.low, found.high) if found else (math.nan, math.nan)


def _dash(low: float, high: float) -> str:
    return words.span(low, high).replace(" to ", "–")


def _cells(error: float) -> str:
    return words.MISSING if math.isnan(error) else f"{error:.1f}"


ARMS: Columns[ArmSummary] = [
    row_head("arm", "arm", lambda one: one.arm.name),
    column("F1@0.5", "f1", lambda one: one.mean_f1, words.score, key=True),
    span_column(("f1_low", "f1_high"), lambda one: _ends(one.f1), _dash),
    _score("AP@0.5", "ap50", words.score),
    _score("mean AP", "mean_ap", words.score),
    _score("PQ", "pq", words.score),
    _score("AJI", "aji", words.score),
    _score("NeurIPS F1", "neurips_f1", words.score),
    _score("count error", "count_error", _cells),
    column("search, valid.", "search_f1", lambda one: one.search_validation_f1, words.score),
    column("gap", "gap", lambda one: one.search_validation_f1 - one.mean_f1, words.change),
    _seconds("one training", "model_seconds", lambda cost: cost.model_device_seconds),
    csv_column("training_seconds", lambda one: one.cost.training_device_seconds),
    csv_column("gan_seconds", lambda one: one.cost.model_gan_device_seconds),
    csv_column("peak_gib", lambda one: one.cost.peak_gib),
    page_column("trainings", lambda one: f"{one.completed} of {one.planned}"),
    csv_column("planned", lambda one: one.planned),
    csv_column("completed", lambda one: one.completed),
    csv_column("failed", lambda one: one.failed),
]
"""Test scores and cost of an arm."""


def _draw_se(pair: Comparison) -> float:
    return pair.found.error.draw_se if pair.found.error else math.nan


def _group_se(pair: Comparison) -> float:
    return pair.found.error.group_se if pair.found.error else math.nan


def _reading(row: Compared) -> str:
    return words.reading(row.pair.reading, row.pair.margin_f1)


def _needed(row: Compared) -> str:
    if row.pair.reading == "different" or math.isnan(row.pair.detectable):
        return words.MISSING
    draws = words.count(row.draws_needed, "draw") if row.draws_needed else ""
    groups = words.count(row.groups_needed, "test group") if row.groups_needed else ""
    return " or ".join(filter(None, (draws, groups))) or "more of both"


COMPARISONS: Columns[Compared] = [
    row_head("arm", "one", lambda row: row.pair.one),
    row_head("minus", "other", lambda row: row.pair.other),
    column("difference", "difference", lambda row: row.pair.found.estimate, words.change, key=True),
    span_column(("low", "high"), lambda row: _ends(row.pair.found), words.change_span),
    csv_column("p", lambda row: row.pair.found.p_value),
    column("p (Holm)", "p_holm", lambda row: row.pair.p_holm, words.p_value),
    csv_column("draw_se", lambda row: _draw_se(row.pair)),
    csv_column("group_se", lambda row: _group_se(row.pair)),
    csv_column("p_equal", lambda row: row.pair.p_equal),
    csv_column("margin", lambda row: row.pair.margin_f1),
    page_column("reading", _reading, numeric=False),
    column("P(better)", "improvement", lambda row: row.pair.improvement.estimate, words.percent),
    csv_column("improvement_low", lambda row: row.pair.improvement.low),
    csv_column("improvement_high", lambda row: row.pair.improvement.high),
    column("detectable", "detectable", lambda row: row.pair.detectable, words.detectable),
    page_column("to see it", _needed, numeric=False),
    csv_column("draws_needed", lambda row: row.draws_needed),
    csv_column("groups_needed", lambda row: row.groups_needed),
    csv_column("draws", lambda row: row.pair.draws),
    csv_column("images", lambda row: row.pair.images),
    csv_column("groups", lambda row: row.pair.groups),
    csv_column("reading", _reading),
]
COMPARISONS_BY_COUNT: Columns[Compared] = [
    column("images", "annotation_count", lambda row: row.annotation_count),
    *COMPARISONS,
]
LEARNING_CURVES: Columns[Reached] = [
    row_head("arm", "arm", lambda row: row.summary.arm.name),
    column("annotated images", "annotation_count", lambda row: row.annotation_count),
    column("F1@0.5", "f1", lambda row: row.summary.mean_f1, words.score),
    span_column(("f1_low", "f1_high"), lambda row: _ends(row.summary.f1), _dash),
    csv_column("trainings", lambda row: row.summary.completed),
]


def search_budget(ceiling: float) -> Columns[ArmSummary]:
    """What an arm spent in the search, and its share of a ceiling in device-seconds, 0 for none."""
    return [
        row_head("arm", "arm", lambda one: one.arm.name),
        column("completed", "completed", lambda one: one.cost.search_completed),
        column("pruned", "pruned", lambda one: one.cost.search_pruned),
        column("failed", "failed", lambda one: one.cost.search_failed),
        _seconds("trials", "trial_seconds", lambda cost: cost.search_device_seconds),
        column("GAN fits", "gan_fits", lambda one: one.cost.gan_fits, _unless_0(str)),
        column(
            "GAN time",
            "gan_seconds",
            lambda one: one.cost.gan_device_seconds,
            _unless_0(words.seconds),
        ),
        _seconds("charged", "charged_seconds", lambda cost: cost.charged_device_seconds, key=True),
        column(
            "of the ceiling",
            "share_of_ceiling",
            lambda one: one.cost.charged_device_seconds / ceiling if ceiling else math.nan,
            words.percent,
        ),
    ]


def _unless_0(show: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: show(value) if value else words.MISSING
