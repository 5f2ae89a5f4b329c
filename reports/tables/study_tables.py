"""The tables of several studies side by side."""

import math
from collections.abc import Sequence

from reports import words
from reports.columns import Columns, Table, column, row_head, span_column
from reports.verdict.side_by_side import Overall, Placed


def overall_table(found: Sequence[Overall]) -> Table[Overall]:
    """Every arm over all studies, by its mean rank; those without one last."""
    ranked = sorted(found, key=lambda one: (math.isnan(one.mean_rank), one.mean_rank))
    return Table("overall", ranked, OVERALL)


def by_study_table(placed: Sequence[Placed]) -> Table[Placed]:
    """Every arm in every study."""
    return Table("by_study", placed, BY_STUDY)


def _mean_rank(rank: float) -> str:
    return words.MISSING if math.isnan(rank) else f"{rank:.1f}"


def _lead(one: Placed) -> float:
    return one.lead.found.estimate if one.lead else math.nan


def _lead_ends(one: Placed) -> tuple[float, float]:
    return (one.lead.found.low, one.lead.found.high) if one.lead else (math.nan, math.nan)


def _reading(one: Placed) -> str:
    return words.reading(one.lead.reading, one.lead.margin_f1) if one.lead else ""


OVERALL: Columns[Overall] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("studies", "studies", lambda one: one.studies),
    column("mean rank", "mean_rank", lambda one: one.mean_rank, _mean_rank, key=True),
    column("best in", "wins", lambda one: one.wins),
    column("beats U-Net in", "ahead", lambda one: one.ahead),
    column("beaten by it in", "behind", lambda one: one.behind),
    column("mean lead", "mean_lead", lambda one: one.mean_lead, words.change),
    column("sd of leads", "sd_lead", lambda one: one.sd_lead, words.score),
]
BY_STUDY: Columns[Placed] = [
    row_head("study", "study", lambda one: one.study),
    row_head("arm", "arm", lambda one: one.arm),
    column("images", "annotation_count", lambda one: one.annotation_count),
    column("rank", "rank", lambda one: one.rank, key=True),
    column("F1@0.5", "f1", lambda one: one.f1.estimate, words.score),
    span_column(("f1_low", "f1_high"), lambda one: (one.f1.low, one.f1.high), words.span),
    column("minus U-Net", "lead", _lead, words.change),
    span_column(("lead_low", "lead_high"), _lead_ends, words.change_span),
    column("reading", "reading", _reading, lambda text: text or words.MISSING, numeric=False),
]
