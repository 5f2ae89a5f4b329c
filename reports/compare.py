"""Arms in pairs: the same draws, the same test images, one arm minus the other."""

import math
from dataclasses import dataclass, replace

from reports.aggregate import ArmSummary
from reports.intervals import Interval, difference, holm, interval, smallest_detectable
from trainables.randomness import Randomness

BASELINE = "unet"
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Mean test F1 of one arm minus that of another."""

    one: str
    other: str
    found: Interval
    p_holm: float
    """Adjusted for all comparisons of the study."""
    best_beats_all: bool
    """Whether this is one of the comparisons by which the best arm beats every other one."""
    detectable: float
    """True difference that would be found in four of five such studies."""
    draws: int
    images: int
    groups: int

    @property
    def distinguishable(self) -> bool:
        """Whether this difference stands among all that were looked at; never with one draw."""
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


def compare(summaries: list[ArmSummary], *, resamples: int = 5000) -> list[Comparison]:
    """All comparisons of a study: with the best arm, with the baseline, and GAN with transfer.

    A difference stands when its p-value does after Holm's correction, or when it is one of those
    by which the best arm beats every other, each at p < 0.05. Those must all hold at once, so
    they need no correction for their number (intersection-union test, Berger 1982).
    """
    by_name = {summary.arm.name: summary for summary in summaries}
    order = ranked(summaries)
    found = [_measure(by_name[one], by_name[other], resamples) for one, other in _pairs(order)]
    measured = [comparison for comparison in found if comparison is not None]
    adjusted = holm([comparison.found.p_value for comparison in measured])
    settled = [replace(one, p_holm=p) for one, p in zip(measured, adjusted, strict=True)]
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


def _measure(one: ArmSummary, other: ArmSummary, resamples: int) -> Comparison | None:
    if one.scores is None or other.scores is None:
        return None
    paired = difference(one.scores, other.scores)
    if paired is None:
        return None
    rng = Randomness(("report",)).generator("pair", one.arm.name, other.arm.name)
    found = interval(paired, rng=rng, resamples=resamples)
    return Comparison(
        one=one.arm.name,
        other=other.arm.name,
        found=found,
        p_holm=math.nan,
        best_beats_all=False,
        detectable=smallest_detectable(found),
        draws=len(paired.draws),
        images=len(paired.sample_ids),
        groups=paired.group_count,
    )


def _turned(comparison: Comparison) -> Comparison:
    found = comparison.found
    turned = replace(found, estimate=-found.estimate, low=-found.high, high=-found.low)
    return replace(comparison, one=comparison.other, other=comparison.one, found=turned)
