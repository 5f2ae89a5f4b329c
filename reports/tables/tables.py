"""The tables of arms, comparisons, budgets and learning curves."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reports import words
from reports.columns import Column, Row, Table, column, interval_column
from reports.verdict.aggregate import ArmSummary
from reports.verdict.compare import Comparison
from reports.verdict.verdict import Decision


def arms_table(decision: Decision) -> Table:
    """Test scores and cost of every arm, best first; arms without scores last."""
    scored = sorted((s for s in decision.arms if s.f1), key=lambda s: -s.mean_f1)
    return Table(
        name="arms",
        rows=[_arm_row(summary) for summary in [*scored, *_unscored(decision)]],
        columns=[
            column("F1@0.5", "f1", words.score),
            interval_column("f1_low", "f1_high", _dash),
            column("AP@0.5", "ap50", words.score),
            column("mean AP", "mean_ap", words.score),
            column("PQ", "pq", words.score),
            column("AJI", "aji", words.score),
            column("NeurIPS F1", "neurips_f1", words.score),
            column("count error", "count_error", _cells),
            column("search, valid.", "search_f1", words.score),
            column("gap", "gap", words.change),
            column("one training", "model_seconds", words.seconds),
            Column(label="trainings", show=lambda row: f"{row['completed']} of {row['planned']}"),
        ],
    )


def comparisons_table(comparisons: Sequence[Comparison]) -> Table:
    """Every paired comparison at the largest annotation count, the better arm first."""
    return Table(
        name="comparisons",
        rows=[_comparison_row(comparison) for comparison in comparisons],
        columns=_comparison_columns(),
    )


def by_count_table(comparisons: Sequence[tuple[int, Comparison]]) -> Table:
    """The same at the other annotation counts."""
    return Table(
        name="comparisons_by_count",
        rows=[{"annotation_count": count} | _comparison_row(one) for count, one in comparisons],
        columns=[
            column("images", "annotation_count"),
            *_comparison_columns(),
        ],
    )


def _comparison_columns() -> list[Column]:
    return [
        column("difference", "difference", words.change),
        interval_column("low", "high", words.change_span),
        column("p (Holm)", "p_holm", words.p_value),
        column("reading", "reading", numeric=False),
        column("P(better)", "improvement", words.percent),
        column("detectable", "detectable", words.detectable),
        Column(label="to see it", show=_needed, numeric=False),
    ]


def budget_table(decision: Decision, *, ceiling: float) -> Table:
    """What each arm spent in the search."""
    return Table(
        name="search_budget",
        rows=[_budget_row(summary, ceiling) for summary in decision.arms],
        columns=[
            column("completed", "completed"),
            column("pruned", "pruned"),
            column("failed", "failed"),
            column("trials", "trial_seconds", words.seconds),
            column("GAN fits", "gan_fits", lambda fits: str(fits or words.MISSING)),
            column("GAN time", "gan_seconds", lambda spent: words.seconds(spent or math.nan)),
            column("charged", "charged_seconds", words.seconds),
            column("of the ceiling", "share_of_ceiling", words.percent),
        ],
    )


def counts_table(by_count: Mapping[int, Sequence[ArmSummary]]) -> Table:
    """Test F1 by annotation count; the numbers behind the learning curves."""
    rows = [
        {"arm": s.arm.name, "annotation_count": count, "f1": s.mean_f1}
        | {"f1_low": s.f1.low, "f1_high": s.f1.high, "trainings": s.completed}
        for count, summaries in by_count.items()
        for s in summaries
        if s.f1 is not None
    ]
    return Table(
        name="learning_curves",
        rows=rows,
        columns=[
            column("annotated images", "annotation_count"),
            column("F1@0.5", "f1", words.score),
            interval_column("f1_low", "f1_high", _dash),
        ],
    )


def _unscored(decision: Decision) -> list[ArmSummary]:
    return [summary for summary in decision.arms if summary.f1 is None]


def _arm_row(summary: ArmSummary) -> Row:
    found, metrics = summary.f1, summary.metrics
    return {
        "arm": summary.arm.name,
        "f1": summary.mean_f1,
        "f1_low": found.low if found else math.nan,
        "f1_high": found.high if found else math.nan,
        "ap50": metrics.get("ap50", math.nan),
        "mean_ap": metrics.get("mean_ap", math.nan),
        "pq": metrics.get("pq", math.nan),
        "aji": metrics.get("aji", math.nan),
        "neurips_f1": metrics.get("neurips_f1", math.nan),
        "count_error": metrics.get("count_error", math.nan),
        "search_f1": summary.search_validation_f1,
        "gap": summary.search_validation_f1 - summary.mean_f1,
        "model_seconds": summary.cost.model_device_seconds,
        "training_seconds": summary.cost.training_device_seconds,
        "gan_seconds": summary.cost.model_gan_device_seconds,
        "peak_gib": summary.cost.peak_gib,
        "planned": summary.planned,
        "completed": summary.completed,
        "failed": summary.failed,
    }


def _comparison_row(comparison: Comparison) -> dict[str, Any]:
    found, settled = comparison.found, comparison.reading == "different"
    return {
        "one": comparison.one,
        "other": comparison.other,
        "difference": found.estimate,
        "low": found.low,
        "high": found.high,
        "p": found.p_value,
        "p_holm": comparison.p_holm,
        "draw_se": found.error.draw_se if found.error else math.nan,
        "group_se": found.error.group_se if found.error else math.nan,
        "p_equal": comparison.p_equal,
        "margin": comparison.margin_f1,
        "improvement": comparison.improvement.estimate,
        "improvement_low": comparison.improvement.low,
        "improvement_high": comparison.improvement.high,
        "detectable": comparison.detectable,
        "draws_needed": "" if settled else comparison.draws_needed() or "",
        "groups_needed": "" if settled else comparison.groups_needed() or "",
        "draws": comparison.draws,
        "images": comparison.images,
        "groups": comparison.groups,
        "reading": words.reading(comparison.reading, comparison.margin_f1),
    }


def _needed(row: Row) -> str:
    if row["reading"] == "different" or math.isnan(row["detectable"]):
        return words.MISSING
    if not (row["draws_needed"] or row["groups_needed"]):
        return "more of both"
    ways = [
        words.count(row["draws_needed"], "draw") if row["draws_needed"] else "",
        words.count(row["groups_needed"], "test group") if row["groups_needed"] else "",
    ]
    return " or ".join(way for way in ways if way)


def _budget_row(summary: ArmSummary, ceiling: float) -> Row:
    cost = summary.cost
    return {
        "arm": summary.arm.name,
        "completed": cost.search_completed,
        "pruned": cost.search_pruned,
        "failed": cost.search_failed,
        "trial_seconds": cost.search_device_seconds,
        "gan_fits": cost.gan_fits,
        "gan_seconds": cost.gan_device_seconds,
        "charged_seconds": cost.charged_device_seconds,
        "share_of_ceiling": cost.charged_device_seconds / ceiling if ceiling else math.nan,
    }


def _cells(error: float) -> str:
    return words.MISSING if math.isnan(error) else f"{error:.1f}"


def _dash(low: float, high: float) -> str:
    return words.span(low, high).replace(" to ", "–")
