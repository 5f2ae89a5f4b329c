"""Arms in pairs: the same draws, the same test images, one arm minus the other."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from reports.margin import MARGIN_F1
from reports.statistics.intervals import LEVEL, Interval, holm, interval, report_rng
from reports.statistics.power import draws_needed, groups_needed, smallest_detectable
from reports.statistics.scores import Scores, difference
from reports.verdict.aggregate import ArmSummary
from trainables.segmenters.families import PLAIN

BASELINE = PLAIN
"""The arm that others are measured against."""

Reading = Literal["different", "equal", "hint", "unknown", "single_draw", "single_group"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Mean test F1 of one arm minus that of another."""

    one: str
    other: str
    found: Interval
    p_holm: float
    """P-value, adjusted for all comparisons of the study."""
    p_equal: float
    """P-value against a true difference of at least the margin, adjusted likewise."""
    margin_f1: float
    improvement: Interval
    """Probability that `one` scores higher on a random image after a random draw; a tie is half."""
    best_beats_all: bool
    """Whether this is one of the comparisons by which the best arm beats every other one."""
    draws: int
    images: int
    groups: int

    @property
    def reading(self) -> Reading:
        """What may be said about this pair."""
        if self.found.error is None:
            return "single_group"
        if not self.found.covers_draws:
            return "single_draw"
        if self.distinguishable:
            return "different"
        if self.equal:
            return "equal"
        return "hint" if self.found.p_value < LEVEL else "unknown"

    @property
    def detectable(self) -> float:
        """True difference that would be found in four of five such studies."""
        return smallest_detectable(self.found)

    @property
    def sought(self) -> float:
        """The difference that a larger study would aim to find: the measured one, or the margin
        if that is larger."""
        return max(abs(self.found.estimate), self.margin_f1)

    def draws_needed(self) -> int | None:
        """Draws to find it four times in five; None where more draws alone are not enough."""
        return draws_needed(self.found, difference=self.sought)

    def groups_needed(self) -> int | None:
        """The same for groups of test images, at the draws there are."""
        return groups_needed(self.found, difference=self.sought)

    @property
    def equal(self) -> bool:
        """Whether the true difference is below the margin, beyond chance."""
        return self.found.covers_draws and self.p_equal < LEVEL

    @property
    def distinguishable(self) -> bool:
        """Whether this difference holds up among all that were looked at; never with one draw."""
        return self.found.covers_draws and (self.p_holm < LEVEL or self.best_beats_all)

    @property
    def beaten(self) -> bool:
        """Whether `one` beats `other`, this comparison taken alone."""
        return self.found.covers_draws and self.found.p_value < LEVEL and self.found.estimate > 0


def ranked(summaries: list[ArmSummary]) -> list[ArmSummary]:
    """The arms with test scores, best mean first; arms with failed confirm trainings last.

    An arm that loses trainings is scored on those that went well, so it must not lead.
    """
    scored = [summary for summary in summaries if summary.f1 is not None]
    return sorted(scored, key=lambda summary: (not summary.reliable, -summary.mean_f1))


def compare(
    summaries: list[ArmSummary], *, margin_f1: float = MARGIN_F1, resamples: int = 5000
) -> list[Comparison]:
    """All comparisons of a study: with the best arm, with the baseline, and GAN with transfer.

    A difference stands when its p-value does after Holm's correction, or when it is one of those
    by which the best arm beats every other, each at p < 0.05. Those must all hold at once, so
    they need no correction for their number (intersection-union test, Berger 1982).

    Args:
        summaries: those of all arms, at one annotation count.
        margin_f1: differences up to this do not matter.
        resamples: number of resamples of the groups of test images.
    """
    by_name = {summary.arm.name: summary for summary in summaries}
    order = ranked(summaries)
    found = [
        _measure(by_name[one], by_name[other], margin_f1, resamples) for one, other in _pairs(order)
    ]
    settled = _adjusted([comparison for comparison in found if comparison is not None])
    best = order[0].arm.name if order else ""
    with_best = [comparison for comparison in settled if comparison.one == best]
    if len(with_best) < len(order) - 1 or not all(one.beaten for one in with_best):
        return settled
    return [replace(one, best_beats_all=one.one == best) for one in settled]


def between(comparisons: list[Comparison], one: str, other: str) -> Comparison | None:
    """The comparison of two arms as `one` minus `other`, or None where it was not made."""
    for comparison in comparisons:
        if (comparison.one, comparison.other) == (one, other):
            return comparison
        if (comparison.one, comparison.other) == (other, one):
            return _turned(comparison)
    return None


def is_gan(summary: ArmSummary) -> bool:
    """Whether the arm stands for the first answer: trained with GAN-made data from scratch."""
    return summary.arm.extra_data == "gan" and summary.arm.initial_weights != "pretrained"


def is_transfer(summary: ArmSummary) -> bool:
    """Whether the arm stands for the second answer: pretrained weights, no synthetic data."""
    return summary.arm.initial_weights == "pretrained" and summary.arm.extra_data == "none"


def _pairs(order: list[ArmSummary]) -> list[tuple[str, str]]:
    """Better arm first; each pair once."""
    names = [summary.arm.name for summary in order]
    wanted = {(names[0], name) for name in names[1:]} if names else set()
    if BASELINE in names:
        wanted |= {(name, BASELINE) for name in names if name != BASELINE}
    gans = [summary.arm.name for summary in order if is_gan(summary)]
    others = [s.arm.name for s in order if is_transfer(s) or s.arm.extra_data == "copy_paste"]
    wanted |= {(gan, other) for gan in gans for other in others}
    places = {tuple(sorted((names.index(one), names.index(other)))) for one, other in wanted}
    return [(names[first], names[second]) for first, second in sorted(places)]


def _adjusted(measured: list[Comparison]) -> list[Comparison]:
    different = holm([comparison.found.p_value for comparison in measured])
    equal = holm([comparison.p_equal for comparison in measured])
    return [
        replace(comparison, p_holm=p_holm, p_equal=p_equal)
        for comparison, p_holm, p_equal in zip(measured, different, equal, strict=True)
    ]


def _measure(
    one: ArmSummary, other: ArmSummary, margin_f1: float, resamples: int
) -> Comparison | None:
    if one.scores is None or other.scores is None:
        return None
    paired = difference(one.scores, other.scores)
    if paired is None:
        return None
    rng = report_rng("pair", one.arm.name, other.arm.name)
    found = interval(paired, rng=rng, resamples=resamples)
    return Comparison(
        one=one.arm.name,
        other=other.arm.name,
        found=found,
        p_holm=math.nan,
        p_equal=found.p_within(margin_f1),
        margin_f1=margin_f1,
        improvement=interval(_wins(paired), rng=rng, resamples=resamples),
        best_beats_all=False,
        draws=len(paired.draws),
        images=len(paired.sample_ids),
        groups=paired.group_count,
    )


def _wins(paired: Scores) -> Scores:
    """1 where the difference is positive, 0 where it is negative, 0.5 where there is none."""
    return replace(paired, values=(np.sign(paired.values) + 1) / 2)


def _turned(comparison: Comparison) -> Comparison:
    return replace(
        comparison,
        one=comparison.other,
        other=comparison.one,
        found=_mirrored(comparison.found, about=0.0),
        improvement=_mirrored(comparison.improvement, about=1.0),
    )


def _mirrored(found: Interval, *, about: float) -> Interval:
    """The interval of `about` minus the number."""
    return replace(
        found, estimate=about - found.estimate, low=about - found.high, high=about - found.low
    )
