"""Everything the report says beyond the verdict itself, computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.findings.ablation import Effect, ablation_effects
from reports.findings.breakdown import (
    ConventionScores,
    GroupScores,
    SizeScores,
    by_convention,
    by_image_group,
    by_size,
)
from reports.findings.cost_to_score import CostToScore, Point, cost_to_score, points
from reports.findings.equivalence import Equivalence, annotation_equivalence
from reports.findings.gan_quality import Correlation, gan_quality
from reports.findings.heterogeneity import Contrast, GroupLead, by_cell_size, by_density, by_group
from reports.findings.importance import Importance, Refusal, importance
from reports.findings.optimism import Optimism, optimism
from reports.findings.two_way import Cell, Interaction, two_way
from reports.findings.what_next import WhatNext, what_next
from reports.load import Study, trials
from reports.verdict.aggregate import ArmSummary, summarise_arm
from reports.verdict.compare import Comparison, compare
from reports.verdict.verdict import Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What follows from the store, by question; empty where the study cannot answer it."""

    by_count: Mapping[int, Sequence[ArmSummary]]
    """Summaries of all arms at every annotation count with a confirmed training, ascending."""
    at_other_counts: Sequence[tuple[int, Comparison]]
    """Paired comparisons at counts other than the verdict's, each with its count."""
    equivalence: Sequence[Equivalence]
    cost_to_score: Sequence[CostToScore]
    points: Sequence[Point]
    optimism: Sequence[Optimism]
    next: WhatNext | None
    effects: Sequence[Effect]
    cells: Sequence[Cell]
    interactions: Sequence[Interaction]
    contrasts: Sequence[Contrast]
    group_leads: Sequence[GroupLead]
    conventions: Sequence[ConventionScores]
    sizes: Sequence[SizeScores]
    groups: Sequence[GroupScores]
    correlations: Sequence[Correlation]
    importance: Sequence[Importance]
    no_importance: Sequence[Refusal]


def find(study: Study, decision: Decision) -> Findings:
    """Computes all findings."""
    by_count = _by_count(study, decision)
    count, summaries = decision.annotation_count, decision.arms
    cells, interactions = two_way(summaries)
    shares, refused = importance(study)
    return Findings(
        by_count=by_count,
        at_other_counts=_at_other_counts(decision, by_count),
        equivalence=annotation_equivalence(by_count),
        cost_to_score=cost_to_score(by_count),
        points=points(by_count),
        optimism=optimism(study, summaries, count=count),
        next=what_next(study, by_count, arm=decision.winner.arm) if decision.winner else None,
        effects=ablation_effects(study),
        cells=cells,
        interactions=interactions,
        contrasts=[
            *by_density(study, summaries, count=count),
            *by_cell_size(study, summaries, count=count),
        ],
        group_leads=by_group(summaries),
        conventions=by_convention(study, count=count),
        sizes=by_size(study, count=count),
        groups=by_image_group(study, count=count),
        correlations=gan_quality(study),
        importance=shares,
        no_importance=refused if trials(study, stage="search") else (),
    )


def _by_count(study: Study, decision: Decision) -> dict[int, Sequence[ArmSummary]]:
    found: dict[int, Sequence[ArmSummary]] = {}
    for count in study.annotation_counts:
        if count == decision.annotation_count:
            found[count] = decision.arms
        elif trials(study, stage="confirm", count=count, status="completed"):
            found[count] = [summarise_arm(study, arm, count=count) for arm in study.arms]
    return found


def _at_other_counts(
    decision: Decision, by_count: Mapping[int, Sequence[ArmSummary]]
) -> list[tuple[int, Comparison]]:
    return [
        (count, comparison)
        for count, summaries in by_count.items()
        if count != decision.annotation_count
        for comparison in compare(list(summaries), margin_f1=decision.margin_f1)
    ]
