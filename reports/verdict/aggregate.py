"""From trials to one summary per arm: test scores by draw and image, intervals, cost."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from reports.facts import Arm
from reports.load import Study, scored_on_test, searched, trials
from reports.statistics.intervals import Interval, interval, report_rng
from reports.statistics.scores import Scores
from reports.verdict.cost import ArmCost, arm_cost
from trainables.metrics.aggregate import (
    mean_absolute_count_error,
    mean_average_precision,
    mean_quantities,
    neurips_f1,
)
from trainables.results.result import TrialResult
from trainables.results.score_table import ScoreTable


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmSummary:
    """What one arm reached at one annotation count."""

    arm: Arm
    planned: int
    """Confirm trainings in the design."""
    completed: int
    failed: int
    """Those without a score, `without_configuration` among them."""
    without_configuration: int = 0
    """Those that will never run: in their folds, no search trial of the arm completed."""
    scores: Scores | None
    """Test F1 at IoU 0.5, averaged over seeds; None before any confirm training."""
    f1: Interval | None
    metrics: dict[str, float]
    """Test scores by name, mean over trainings; empty before any."""
    search_validation_f1: float
    """Best of the search: chosen as the best of many, so it is optimistic."""
    cost: ArmCost

    @property
    def mean_f1(self) -> float:
        """Mean test F1 over draws and images; NaN before any confirm training."""
        return self.f1.estimate if self.f1 else math.nan

    @property
    def reliable(self) -> bool:
        """Whether every confirm training so far reached its end, and none is missing for good."""
        return self.failed == 0


def main_count(study: Study) -> int:
    """The annotation count of the main tables: the largest one with a confirmed training."""
    counts = [result.trial.data.annotation_count for result in scored_on_test(study)]
    return max(counts, default=max(study.annotation_counts, default=0))


def summarise_arm(study: Study, arm: Arm, *, count: int) -> ArmSummary:
    """Collects what the store knows about an arm."""
    confirmed = trials(study, stage="confirm", arm=arm.name, count=count)
    done = scored_on_test(study, arm.name, count=count)
    scores = scores_of(done)
    planned = study.design.confirmed_each
    without_configuration = planned * _folds_without_configuration(study, arm)
    return ArmSummary(
        arm=arm,
        planned=planned * study.design.folds,
        completed=len(done),
        failed=sum(result.status != "completed" for result in confirmed) + without_configuration,
        without_configuration=without_configuration,
        scores=scores,
        f1=interval(scores, rng=report_rng("arm", arm.name, count)) if scores else None,
        metrics=_mean_metrics(done),
        search_validation_f1=max(
            (result.validation_f1 for result in searched(study, arm.name)), default=math.nan
        ),
        cost=arm_cost(study, arm, count=count),
    )


def summaries_of(by_count: Mapping[int, Sequence[ArmSummary]], arm: str) -> dict[int, ArmSummary]:
    """An arm's summaries by annotation count, ascending, where it has test scores."""
    return {
        count: summary
        for count in sorted(by_count)
        for summary in by_count[count]
        if summary.arm.name == arm and summary.scores is not None
    }


def scores_of(
    results: Sequence[TrialResult],
    *,
    value: Callable[[ScoreTable], np.ndarray] = attrgetter("f1"),
) -> Scores | None:
    """One number per draw and image, on the images for which every training has it.

    Seeds of one draw are averaged; folds of one draw and seed score different images, which
    together make up its test set. None where no training was scored or no image is common
    to all.

    Args:
        results: of one arm or configuration.
        value: one for each image of a table, NaN where it has none; F1 at IoU 0.5 by default.
    """
    by_draw: dict[int, dict[int, dict[str, float]]] = {}
    group_of: dict[str, str] = {}
    for result in results:
        seeds = by_draw.setdefault(result.trial.data.draw, {})
        scored = seeds.setdefault(result.trial.seed, {})
        scored.update(zip(result.test.sample_ids, value(result.test).tolist(), strict=True))
        group_of.update(zip(result.test.sample_ids, result.test.groups, strict=True))
    trainings = [scored for seeds in by_draw.values() for scored in seeds.values()]
    known = [{name for name, one in scored.items() if not math.isnan(one)} for scored in trainings]
    ids = tuple(sorted(set.intersection(*known))) if known else ()
    if not ids:
        return None
    draws = tuple(sorted(by_draw))
    values = [
        [[scored[name] for name in ids] for scored in by_draw[draw].values()] for draw in draws
    ]
    return Scores(
        values=np.array([np.mean(seeds, axis=0) for seeds in values]),
        draws=draws,
        sample_ids=ids,
        groups=tuple(group_of[name] for name in ids),
    )


def _folds_without_configuration(study: Study, arm: Arm) -> int:
    """Folds whose search of the arm has ended without a completed trial.

    Nothing is confirmed before every search has ended; an arm without trials, though all that it
    needs is there, has been added to the design since.
    """
    tried = trials(study, stage="search", arm=arm.name)
    if not (tried or _lacks_a_fit(study, arm)) or not trials(study, stage="confirm"):
        return 0
    searched_well = trials(study, stage="search", arm=arm.name, status="completed")
    return study.design.folds - len({r.trial.data.split for r in searched_well})


def _lacks_a_fit(study: Study, arm: Arm) -> bool:
    """Whether a training that the arm's search waits for has failed."""
    if arm.extra_data == "gan" and trials(study, stage="fit_gans", status="failed"):
        return True
    sources = trials(study, stage="fit_sources", status="failed")
    own = [one for one in sources if one.trial.segmenter.kind == arm.segmenter]
    return arm.initial_weights == "pretrained" and bool(own)


def _mean_metrics(results: list[TrialResult]) -> dict[str, float]:
    each = [_metrics(result.test) for result in results]
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]} if each else {}


def _metrics(scores: ScoreTable) -> dict[str, float]:
    at_half = mean_quantities(scores)
    return {
        "ap50": at_half.average_precision,
        "mean_ap": mean_average_precision(scores),
        "pq": at_half.panoptic_quality,
        "aji": float(scores.aji.mean()),
        "neurips_f1": neurips_f1(scores).median,
        "count_error": mean_absolute_count_error(scores),
    }
