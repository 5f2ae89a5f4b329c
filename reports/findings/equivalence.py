"""What an arm is worth in annotated images: the baseline's learning curve at the arm's score."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.findings.curves import Reading, curve_of, read_at_arm
from reports.verdict.aggregate import ArmSummary, summaries_of
from reports.verdict.compare import BASELINE


@dataclass(frozen=True, kw_only=True, slots=True)
class Equivalence:
    """The number of annotated images with which the baseline scores as an arm does."""

    arm: str
    annotation_count: int
    """Annotated images of the arm."""
    f1: float
    """Its mean test score."""
    baseline: Reading
    """Annotated images of the baseline for the same score."""

    @property
    def worth(self) -> float:
        """Annotated images that the arm saves; infinite beyond the measured range."""
        return self.baseline.count - self.annotation_count

    @property
    def worth_low(self) -> float:
        return self.baseline.low - self.annotation_count

    @property
    def worth_high(self) -> float:
        return self.baseline.high - self.annotation_count

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return not math.isnan(self.baseline.low)


def annotation_equivalence(
    by_count: Mapping[int, Sequence[ArmSummary]],
) -> list[Equivalence]:
    """One entry for each arm and count; empty where the baseline has fewer than two counts."""
    curve = curve_of(by_count, BASELINE)
    if len(curve) < 2:
        return []
    found = []
    for summary, count in _others(by_count):
        assert summary.scores is not None
        reading = read_at_arm(curve, summary.scores)
        if reading is not None:
            found.append(
                Equivalence(
                    arm=summary.arm.name,
                    annotation_count=count,
                    f1=summary.mean_f1,
                    baseline=reading,
                )
            )
    return found


def _others(by_count: Mapping[int, Sequence[ArmSummary]]) -> list[tuple[ArmSummary, int]]:
    """Arms with scores, except the baseline, arm by arm in the order of the design."""
    first = next(iter(by_count.values()), ())
    names = [summary.arm.name for summary in first if summary.arm.name != BASELINE]
    return [
        (summary, count)
        for name in names
        for count, summary in summaries_of(by_count, name).items()
    ]
