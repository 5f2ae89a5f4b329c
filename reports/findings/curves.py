"""Learning curves read backwards: how many annotated images a score takes.

Between two measured annotation counts a curve is taken as straight over the logarithm of the
count, which is how such curves look where few images are annotated. The best estimate is read off
the curve after making it nondecreasing (isotonic regression). Its interval holds every number of
images at which the curve as measured cannot be told from the score, at the same level and by the
same test as everywhere in the report: the interval of Fieller (1954) for a ratio, extended to
a piecewise curve. It needs no second bootstrap, which three draws could not support, and it
says by itself where the measured range ends before the interval does.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from reports.statistics.intervals import LEVEL, report_rng
from reports.statistics.joint import Joint, joint
from reports.statistics.scores import Scores
from reports.verdict.aggregate import ArmSummary, summaries_of

STEPS = 60
"""Places that are tried between two annotation counts."""
ROUNDING = 1e-9
"""Scores that differ by less count as the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A number of annotated images read off a curve.

    Infinite where the curve does not reach that high within the measured range, minus infinity
    where it is already higher at its smallest count; NaN where nothing is known.
    """

    count: float
    low: float
    high: float
    smallest: int
    """Smallest annotation count that was measured."""
    largest: int


def curve_of(by_count: Mapping[int, Sequence[ArmSummary]], arm: str) -> dict[int, Scores]:
    """An arm's test scores by annotation count, ascending, where it has any."""
    scored = summaries_of(by_count, arm)
    return {count: one.scores for count, one in scored.items() if one.scores is not None}


def read_at_arm(curve: Mapping[int, Scores], reached: Scores) -> Reading | None:
    """How many images the arm of a curve needs to score as high as another one.

    None with fewer than two counts, or without common draws and images.
    """
    return _read(curve, [reached], target=0.0)


def read_at_score(curve: Mapping[int, Scores], target: float) -> Reading | None:
    """How many images the arm of a curve needs for a score.

    With a single count the answer can only be that the score lies above or below it.
    """
    return _read(curve, [], target=target)


def slope(curve: Mapping[int, Scores]) -> tuple[Joint, tuple[int, int]] | None:
    """The last two counts of a curve, together; None where there are not two."""
    last = list(curve.items())[-2:]
    if len(last) < 2:
        return None
    found = joint([scores for _, scores in last], rng=report_rng("curve"))
    return (found, (last[0][0], last[1][0])) if found else None


def _read(curve: Mapping[int, Scores], others: list[Scores], *, target: float) -> Reading | None:
    """Where the curve meets `target`, or the mean of the one other table."""
    counts = list(curve)
    if len(counts) < 1 + len(others):
        return None
    found = joint([*curve.values(), *others], rng=report_rng("curve"))
    if found is None:
        return None
    places = _places(counts)
    weights = np.zeros((len(places), len(found.means)))
    weights[:, : len(counts)] = _interpolation(counts, places)
    weights[:, len(counts) :] = -1.0
    goal = float(found.means[len(counts) :].sum()) + target
    low, high = _compatible(found, weights, places, target)
    return Reading(
        count=_meeting(counts, found.means[: len(counts)], goal),
        low=low,
        high=high,
        smallest=counts[0],
        largest=counts[-1],
    )


def _places(counts: Sequence[int]) -> np.ndarray:
    """Numbers of images to try, float64 [P], the counts themselves among them."""
    pieces = [
        np.geomspace(low, high, STEPS, endpoint=False) for low, high in itertools.pairwise(counts)
    ]
    return np.concatenate([*pieces, [float(counts[-1])]])


def _interpolation(counts: Sequence[int], places: np.ndarray) -> np.ndarray:
    """Weights of the counts at each place, float64 [P, K]."""
    logs = np.log(np.array(counts, dtype=np.float64))
    return np.stack([np.interp(np.log(places), logs, row) for row in np.eye(len(counts))], axis=1)


def _meeting(counts: Sequence[int], means: np.ndarray, goal: float) -> float:
    """The smallest number of images at which the rising curve reaches a score."""
    rising = np.asarray(optimize.isotonic_regression(means).x)
    if goal > rising[-1] + ROUNDING:
        return math.inf
    if goal < rising[0] - ROUNDING:
        return -math.inf
    above = int(np.argmax(rising >= goal - ROUNDING))
    if above == 0:
        return float(counts[0])
    share = (goal - rising[above - 1]) / (rising[above] - rising[above - 1])
    return float(counts[above - 1] * (counts[above] / counts[above - 1]) ** share)


def _compatible(
    found: Joint, weights: np.ndarray, places: np.ndarray, target: float
) -> tuple[float, float]:
    """Ends of the places where the curve cannot be told from the goal."""
    if found.groups < 2 or found.draws < 2:
        return math.nan, math.nan
    gaps = weights @ found.means - target
    stays = [_may_be_zero(found, row, gap) for row, gap in zip(weights, gaps, strict=True)]
    if not any(stays):
        outside = math.inf if gaps[-1] < 0 else -math.inf
        return outside, outside
    inside = np.flatnonzero(stays)
    low = -math.inf if inside[0] == 0 else float(places[inside[0]])
    high = math.inf if inside[-1] == len(places) - 1 else float(places[inside[-1]])
    return low, high


def _may_be_zero(found: Joint, weights: np.ndarray, gap: float) -> bool:
    error = found.error(weights)
    return error is None or 2 * error.tail(abs(gap)) >= LEVEL
