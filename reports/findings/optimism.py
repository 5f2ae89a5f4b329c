"""How far the search's score lies above what the confirm trainings then reached."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.load import Study, scored_on_test, searched
from reports.verdict.aggregate import ArmSummary


@dataclass(frozen=True, kw_only=True, slots=True)
class Optimism:
    """The best validation score of an arm's search against its confirmed test score."""

    arm: str
    trials: int
    """Completed search trials, of which the best was taken."""
    search_f1: float
    confirm_validation_f1: float
    """Mean over the confirm trainings of the same configuration, on their own validation images."""
    test_f1: float
    optimism: float
    """Search minus test."""
    low: float
    """Lower end of its 95 % interval, from the test score's error; the search's counts as exact."""
    high: float

    @property
    def chosen_best(self) -> float:
        """The part that comes from being the best of many, on one draw."""
        return self.search_f1 - self.confirm_validation_f1

    @property
    def validation_easier(self) -> float:
        """The part that comes from thresholds and weights chosen on the validation images."""
        return self.confirm_validation_f1 - self.test_f1


def optimism(study: Study, summaries: Sequence[ArmSummary], *, count: int) -> list[Optimism]:
    """One entry for each arm with a search and a confirmed score.

    Args:
        study: the study.
        summaries: those of its arms at the annotation count of the search.
        count: that annotation count.
    """
    return [
        _optimism(study, summary, count)
        for summary in summaries
        if summary.f1 is not None and not math.isnan(summary.search_validation_f1)
    ]


def _optimism(study: Study, summary: ArmSummary, count: int) -> Optimism:
    assert summary.f1 is not None
    name = summary.arm.name
    validation = [result.validation_f1 for result in scored_on_test(study, name, count=count)]
    return Optimism(
        arm=name,
        trials=len(searched(study, name)),
        search_f1=summary.search_validation_f1,
        confirm_validation_f1=float(np.mean(validation)),
        test_f1=summary.mean_f1,
        optimism=summary.search_validation_f1 - summary.mean_f1,
        low=summary.search_validation_f1 - summary.f1.high,
        high=summary.search_validation_f1 - summary.f1.low,
    )
