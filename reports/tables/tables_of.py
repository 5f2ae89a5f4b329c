"""Every table of a study's report, and the lists that go only into CSV files."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from reports.columns import Listing, Table
from reports.findings.ablation import Effect
from reports.findings.breakdown import ConventionScores, GroupScores, SizeScores
from reports.findings.cost_to_score import CostToScore, Point
from reports.findings.equivalence import Equivalence
from reports.findings.findings import Findings
from reports.findings.gan_quality import Correlation
from reports.findings.heterogeneity import Contrast
from reports.findings.importance import Importance
from reports.findings.optimism import Optimism
from reports.findings.two_way import Cell, Interaction
from reports.load import Study, trials
from reports.tables.arm_tables import (
    ARMS,
    COMPARISONS,
    COMPARISONS_BY_COUNT,
    LEARNING_CURVES,
    Compared,
    Reached,
    best_first,
    compared,
    reached,
    search_budget,
)
from reports.tables.breakdown_tables import MOST_GROUPS, cell_sizes, conventions, groups
from reports.tables.effect_tables import (
    ABLATION,
    GAN_QUALITY,
    GROUP_LEADS,
    GROUP_LEADS_ALL,
    HETEROGENEITY,
    IMPORTANCE,
    INTERACTIONS,
    TWO_WAY,
    ArmLeads,
    by_arm,
)
from reports.tables.store_tables import (
    NOT_COMPLETED,
    SOURCE_TRAININGS,
    TEST_IMAGES,
    TRIALS,
    gan_fits,
    image_results,
)
from reports.tables.value_tables import ANNOTATION_EQUIVALENCE, COST_TO_SCORE, OPTIMISM, PARETO
from reports.verdict.aggregate import ArmSummary
from reports.verdict.verdict import Decision
from trainables.results.result import TrialResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """The tables in the order of the page; one without records has nothing to say in this study."""

    arms: Table[ArmSummary]
    conventions: Table[ConventionScores]
    cell_sizes: Table[SizeScores]
    groups: Table[GroupScores]
    comparisons: Table[Compared]
    comparisons_by_count: Table[Compared]
    heterogeneity: Table[Contrast]
    group_leads: Table[ArmLeads]
    annotation_equivalence: Table[Equivalence]
    cost_to_score: Table[CostToScore]
    pareto: Table[Point]
    optimism: Table[Optimism]
    two_way: Table[Cell]
    interactions: Table[Interaction]
    ablation: Table[Effect]
    gan_quality: Table[Correlation]
    search_budget: Table[ArmSummary]
    importance: Table[Importance]
    source_trainings: Table[TrialResult]
    gan_fits: Table[TrialResult]
    not_completed: Table[TrialResult]
    learning_curves: Table[Reached]
    """Not on the page, which has them as a figure."""

    @property
    def all(self) -> list[Table[Any]]:
        return [getattr(self, field.name) for field in dataclasses.fields(self)]


def tables_of(study: Study, decision: Decision, findings: Findings) -> Tables:
    """Puts everything that was found into tables."""
    found, count = findings, decision.annotation_count
    fits = trials(study, stage="fit_gans")
    broken = [result for result in study.results if result.status != "completed"]
    return Tables(
        arms=Table("arms", best_first(decision), ARMS),
        conventions=Table("conventions", found.conventions, conventions(found.conventions)),
        cell_sizes=Table("cell_sizes", found.sizes, cell_sizes(found.sizes)),
        groups=Table("groups", found.groups, groups(study, found.groups), most=MOST_GROUPS),
        comparisons=Table(
            "comparisons", compared((count, one) for one in decision.comparisons), COMPARISONS
        ),
        comparisons_by_count=Table(
            "comparisons_by_count", compared(found.at_other_counts), COMPARISONS_BY_COUNT
        ),
        heterogeneity=Table("heterogeneity", found.contrasts, HETEROGENEITY),
        group_leads=Table("group_leads", by_arm(found.group_leads), GROUP_LEADS),
        annotation_equivalence=Table(
            "annotation_equivalence", found.equivalence, ANNOTATION_EQUIVALENCE
        ),
        cost_to_score=Table("cost_to_score", found.cost_to_score, COST_TO_SCORE),
        pareto=Table("pareto", found.points, PARETO),
        optimism=Table("optimism", found.optimism, OPTIMISM),
        two_way=Table("two_way", found.cells, TWO_WAY),
        interactions=Table("interactions", found.interactions, INTERACTIONS),
        ablation=Table("ablation", found.effects, ABLATION),
        gan_quality=Table("gan_quality", found.correlations, GAN_QUALITY),
        search_budget=Table(
            "search_budget", decision.arms, search_budget(study.ceiling_device_seconds)
        ),
        importance=Table("importance", found.importance, IMPORTANCE),
        source_trainings=Table(
            "source_trainings", trials(study, stage="fit_sources"), SOURCE_TRAININGS
        ),
        gan_fits=Table("gan_fits", fits, gan_fits(fits)),
        not_completed=Table("not_completed", broken, NOT_COMPLETED),
        learning_curves=Table("learning_curves", reached(found.by_count), LEARNING_CURVES),
    )


def listings_of(study: Study, findings: Findings) -> list[Listing[Any]]:
    """What is too long for a page, and the whole of what the page shows in part."""
    return [
        Listing("trials", study.results, TRIALS),
        Listing("test_images", image_results(study), TEST_IMAGES),
        Listing("group_leads_all", findings.group_leads, GROUP_LEADS_ALL),
    ]
