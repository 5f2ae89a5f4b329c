"""What to do next: annotate more images, or search longer?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reports.findings.curves import curve_of, slope
from reports.load import Study, searched
from reports.statistics.intervals import Interval, report_rng
from reports.verdict.aggregate import ArmSummary

MORE_IMAGES = 5
FEWEST_TRIALS = 6
"""Completed search trials below which nothing is said about a larger search."""
RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchGain:
    """What the last doubling of the search brought, in validation F1."""

    trials: int
    """Completed search trials."""
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatNext:
    """Two ways forward from one arm; either may be unknown."""

    arm: str
    annotation_count: int
    annotate: Interval | None
    """Gain in test F1 of `MORE_IMAGES` more annotated images; None with a single count."""
    search: SearchGain | None
    """None with too few trials."""


def what_next(
    study: Study, by_count: Mapping[int, Sequence[ArmSummary]], *, arm: str
) -> WhatNext | None:
    """The expected gains for one arm; None where it has no score."""
    curve = curve_of(by_count, arm)
    if not curve:
        return None
    return WhatNext(
        arm=arm,
        annotation_count=max(curve),
        annotate=_annotating(by_count, arm),
        search=_searching(study, arm),
    )


def _annotating(by_count: Mapping[int, Sequence[ArmSummary]], arm: str) -> Interval | None:
    """The curve extrapolated from its last two counts, straight over the logarithm.

    Curves flatten even on that axis, so this errs on the high side.
    """
    last = slope(curve_of(by_count, arm))
    if last is None:
        return None
    found, (before, now) = last
    share = math.log((now + MORE_IMAGES) / now) / math.log(now / before)
    return found.contrast(np.array([-share, share]))


def _searching(study: Study, arm: str) -> SearchGain | None:
    """Best of all trials minus the mean best of a random half of them.

    The next doubling brings less than the last one did, and the test less than validation:
    this is an upper limit on what a larger search may gain. The interval is a bootstrap over
    the trials.
    """
    scores = np.array([result.validation_f1 for result in searched(study, arm)])
    if len(scores) < FEWEST_TRIALS:
        return None
    rng = report_rng("search gain", arm)
    resampled = [_last_doubling(rng.choice(scores, len(scores))) for _ in range(RESAMPLES)]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return SearchGain(
        trials=len(scores), estimate=_last_doubling(scores), low=float(low), high=float(high)
    )


def _last_doubling(scores: np.ndarray) -> float:
    """The maximum minus the mean maximum over all halves, float64 [n] with n at least 2.

    Of C(n, h) halves, C(k, h - 1) have the value with k smaller ones as their maximum.
    """
    ordered = np.sort(scores)
    half = len(ordered) // 2
    weights = np.array([math.comb(k, half - 1) for k in range(len(ordered))], dtype=np.float64)
    return float(ordered[-1] - weights @ ordered / weights.sum())
