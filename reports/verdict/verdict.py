"""Which arm to use and which model to take home, and how sure that is."""

import math
from dataclasses import dataclass
from typing import Literal

from reports.load import Study, scored_on_test
from reports.margin import MARGIN_F1
from reports.verdict.aggregate import ArmSummary, main_count, summarise_arm
from reports.verdict.compare import Comparison, between, compare, ranked

CLOSE_F1 = 0.02
"""Arms that cannot be told from the best and lie this close to it count as equally good."""

Kind = Literal["nothing", "single_arm", "single_draw", "winner", "tie"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Winner:
    """The arm to use and the trained model to take home."""

    arm: str
    trial_id: str
    """Confirm training with the best validation F1 of that arm; test scores play no part."""
    validation_f1: float
    test_f1: float
    proven: bool
    """Whether the arm beat every other one beyond chance."""
    tied_with: tuple[str, ...]
    """Arms that could not be told apart from the best."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the evidence supports, at the largest annotation count."""

    kind: Kind
    annotation_count: int
    arms: tuple[ArmSummary, ...]
    """All arms of the design, in its order."""
    margin_f1: float
    """Differences up to this do not matter."""
    comparisons: tuple[Comparison, ...]
    best: ArmSummary | None
    """The highest mean among the arms that lost no confirm training."""
    winner: Winner | None

    @property
    def finished(self) -> bool:
        """Whether every confirm training at this annotation count has been run."""
        return all(s.completed + s.failed >= s.planned for s in self.arms)

    @property
    def scored(self) -> list[ArmSummary]:
        """The arms with test scores, best first."""
        return ranked(list(self.arms))

    def summary(self, name: str) -> ArmSummary:
        return next(summary for summary in self.arms if summary.arm.name == name)

    def between(self, one: str, other: str) -> Comparison | None:
        """Test F1 of `one` minus that of `other`, or None where they were not compared."""
        return between(list(self.comparisons), one, other)


def choose_winner(study: Study) -> Winner | None:
    """The arm and the model that the report recommends; None before any confirm training."""
    return decide(study).winner


def decide(study: Study, *, margin_f1: float = MARGIN_F1) -> Decision:
    """Weighs the confirm trainings.

    An arm wins when it beats every other arm (see `compare`). Otherwise the cheapest of those
    that may well be as good is recommended: not distinguishable from the best, and
    within `CLOSE_F1` of it.
    """
    count = main_count(study)
    summaries = [summarise_arm(study, arm, count=count) for arm in study.arms]
    comparisons = compare(summaries, margin_f1=margin_f1)
    order = ranked(summaries)
    kind = _kind(order, comparisons)
    return Decision(
        kind=kind,
        annotation_count=count,
        arms=tuple(summaries),
        margin_f1=margin_f1,
        comparisons=tuple(comparisons),
        best=order[0] if order else None,
        winner=_winner(study, count, kind, order, comparisons) if order else None,
    )


def _kind(order: list[ArmSummary], comparisons: list[Comparison]) -> Kind:
    if not order:
        return "nothing"
    if len(order) == 1:
        return "single_arm"
    best = order[0]
    if best.f1 is None or (best.f1.error is not None and best.f1.error.draws < 2):
        return "single_draw"
    beats_all = any(comparison.best_beats_all for comparison in comparisons)
    return "winner" if beats_all and best.reliable else "tie"


def _winner(
    study: Study,
    count: int,
    kind: Kind,
    order: list[ArmSummary],
    comparisons: list[Comparison],
) -> Winner:
    best = order[0]
    tied = [] if kind == "winner" else [s for s in order[1:] if not _worse(s, best, comparisons)]
    close = [s for s in tied if s.reliable and best.mean_f1 - s.mean_f1 <= CLOSE_F1]
    chosen = min([best, *close], key=lambda s: s.cost.model_device_seconds)
    model = max(
        scored_on_test(study, chosen.arm.name, count=count),
        key=lambda result: -math.inf if math.isnan(result.validation_f1) else result.validation_f1,
    )
    return Winner(
        arm=chosen.arm.name,
        trial_id=model.trial_id,
        validation_f1=model.validation_f1,
        test_f1=model.test_f1,
        proven=kind == "winner",
        tied_with=tuple(summary.arm.name for summary in tied),
    )


def _worse(summary: ArmSummary, best: ArmSummary, comparisons: list[Comparison]) -> bool:
    comparison = between(comparisons, best.arm.name, summary.arm.name)
    return comparison is not None and comparison.distinguishable
