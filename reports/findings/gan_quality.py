"""Whether what is measured on a GAN's pool predicts what its data does for the segmenter."""

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from reports.facts import Arm
from reports.load import Study, place, scored_on_test, trials
from reports.verdict.cost import gan_fit_of
from trainables.gan.pools.fidelity import ON_INCEPTION
from trainables.results.result import TrialResult
from trainables.spec.evolve import evolve
from trainables.spec.gan_spec import GanSpec
from trainables.spec.trial_spec import TrialSpec

FEWEST_FITS = 8
"""Fewest pairs for a rank correlation: with fewer, its interval spans nearly everything."""
NOT_QUALITIES = (
    *("asked", "kept", "pool", "seconds", "empty_share_real", ON_INCEPTION),
    *("fit_images_seen", "stopped_early"),
)
"""Counts, times and circumstances in a fit's `synthesis`, which do not measure quality."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Correlation:
    """Spearman's rank correlation of one measure of the pools with the gain in test F1."""

    arm: str
    measure: str
    pairs: int
    """Trainings with their GAN fit, over counts, draws and changes of the GAN."""
    estimate: float
    """NaN with fewer than `FEWEST_FITS` pairs, or where one side never varies."""
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    ranked_with: Hashable
    """What it shares with the pairs that it is ranked among."""
    gain: float
    fit: TrialResult

    @property
    def stratum(self) -> Hashable:
        """Pairs are ranked within it: distances on other features mean something else."""
        return self.ranked_with, self.fit.synthesis.get(ON_INCEPTION, 0.0)


def gan_quality(study: Study) -> list[Correlation]:
    """One entry for each arm with GAN data and each measure of its pools.

    The gain is the test F1 of the arm minus that of the same segmenter and weights without extra
    data, on the same draw, count and seed. Ranks are taken within each annotation count, so that
    "more images make better GANs and better segmenters" does not pass for a prediction. Where an
    ablation changed the GAN and nothing else, the GANs of one draw are ranked among themselves:
    they share the draw's control, whose luck is not theirs.

    Search trials are left out: their other settings vary along with the GAN, the search favours
    what did well early, and it chose by their validation scores.
    """
    found = []
    for arm in study.arms:
        if arm.extra_data == "gan":
            pairs = _pairs(study, arm)
            found += [_correlation(arm.name, measure, pairs) for measure in _measures(pairs)]
    return found


def spearman(
    x: Sequence[float], y: Sequence[float], strata: Sequence[Hashable]
) -> tuple[float, ...]:
    """Rank correlation within strata, with its 95 % interval.

    Fisher's z with the standard error of Bonett and Wright (2000); a degree of freedom is
    lost for each stratum beyond the first.

    Returns:
        The estimate and the two ends; all NaN where one side does not vary.
    """
    a, b = _centred_ranks(x, strata), _centred_ranks(y, strata)
    free = len(a) - 3 - (len(set(strata)) - 1)
    scale = math.sqrt(float(a @ a) * float(b @ b))
    if scale == 0 or free < 1:
        return math.nan, math.nan, math.nan
    rho = float(np.clip(a @ b / scale, -1, 1))
    bounded = float(np.clip(rho, -0.999999, 0.999999))
    reach = special.ndtri(0.975) * math.sqrt((1 + bounded**2 / 2) / free)
    return rho, math.tanh(math.atanh(bounded) - reach), math.tanh(math.atanh(bounded) + reach)


def _correlation(arm: str, measure: str, pairs: Sequence[_Pair]) -> Correlation:
    known = [pair for pair in pairs if math.isfinite(_value(pair.fit, measure))]
    estimate, low, high = math.nan, math.nan, math.nan
    if len(known) >= FEWEST_FITS:
        estimate, low, high = spearman(
            [_value(pair.fit, measure) for pair in known],
            [pair.gain for pair in known],
            [pair.stratum for pair in known],
        )
    return Correlation(
        arm=arm, measure=measure, pairs=len(known), estimate=estimate, low=low, high=high
    )


def _pairs(study: Study, arm: Arm) -> list[_Pair]:
    control = next((one.name for one in study.arms if one.is_control_of(arm)), "")
    fits = {fit.gan_fit: fit for fit in trials(study, stage="fit_gans", status="completed")}
    without = {place(one): one for one in scored_on_test(study, control) if control}
    confirmed = scored_on_test(study, arm.name)
    scored = [
        (result, fits[fit])
        for result in (*confirmed, *_with_other_gans(study, arm, confirmed))
        if place(result) in without and (fit := gan_fit_of(result)) in fits
    ]
    gans = Counter(place(one) for one, _ in scored)
    return [
        _Pair(
            ranked_with=place(one) if gans[place(one)] > 1 else one.spec.data.annotation_count,
            gain=one.test_f1 - without[place(one)].test_f1,
            fit=fit,
        )
        for one, fit in scored
    ]


def _with_other_gans(
    study: Study, arm: Arm, confirmed: Sequence[TrialResult]
) -> Iterator[TrialResult]:
    """Trainings of the ablation that differ from their confirm training in the GAN alone."""
    partners = {place(one): one for one in confirmed}
    for result in trials(study, stage="ablate", arm=arm.name, status="completed"):
        partner = partners.get(place(result))
        if (
            partner
            and result.test
            and gan_fit_of(result) != gan_fit_of(partner)
            and _without_gan(result) == _without_gan(partner)
        ):
            yield result


def _without_gan(result: TrialResult) -> TrialSpec:
    """All settings of a training but its GAN's, which give way to the defaults."""
    return evolve(result.trial, {"stage": "confirm", "extra.gan": GanSpec()})


def _measures(pairs: Sequence[_Pair]) -> list[str]:
    names = {
        name
        for pair in pairs
        for name, value in pair.fit.synthesis.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    bounds = ("_low", "_high", "_floor")
    return sorted(n for n in names if not n.endswith(bounds) and not n.startswith(NOT_QUALITIES))


def _value(fit: TrialResult, measure: str) -> float:
    value = fit.synthesis.get(measure, math.nan)
    return float(value) if isinstance(value, int | float) else math.nan


def _centred_ranks(values: Sequence[float], strata: Sequence[Hashable]) -> np.ndarray:
    ranks, given = np.zeros(len(values)), np.array(values, dtype=np.float64)
    for stratum in set(strata):
        inside = np.array([one == stratum for one in strata])
        own = stats.rankdata(given[inside])
        ranks[inside] = own - own.mean()
    return ranks
