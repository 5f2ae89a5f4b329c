"""Several tables of scores at once, so that any weighted sum of their means comes with its error.

A difference, a slope of a learning curve, an interaction, or the distance of an arm from a point
between two measured points of another's curve: each is a contrast of means over the same draws
and the same test images. Their covariances, over draws and over groups of test images, give the
error of every contrast without resampling again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.intervals import Error, Interval, around, group_weights, mean
from reports.statistics.scores import Scores, aligned


@dataclass(frozen=True, kw_only=True, slots=True)
class Joint:
    """Means of K tables with their covariances."""

    means: np.ndarray
    """float64 [K]."""
    draw_covariance: np.ndarray
    """float64 [K, K], of the means, from the choice of annotated images; 0 with one draw."""
    group_covariance: np.ndarray
    """float64 [K, K], of the means, from the choice of test images."""
    draws: int
    groups: int

    def estimate(self, weights: np.ndarray) -> float:
        """The weighted sum of the means; weights float64 [K]."""
        return float(weights @ self.means)

    def error(self, weights: np.ndarray) -> Error | None:
        """How far that sum may lie from the truth; None with a single group."""
        if self.groups < 2:
            return None
        return Error(
            draw_se=_root(weights @ self.draw_covariance @ weights),
            draws=self.draws,
            group_se=_root(weights @ self.group_covariance @ weights),
            groups=self.groups,
        )

    def contrast(self, weights: np.ndarray) -> Interval:
        """The weighted sum with its interval."""
        return around(self.estimate(weights), self.error(weights))


def joint(
    tables: Sequence[Scores], *, rng: np.random.Generator, resamples: int = 2000
) -> Joint | None:
    """The means of several tables over the draws and images that all share; None without any."""
    common = aligned(tables)
    if common is None:
        return None
    per_draw = np.stack([table.values.mean(axis=1) for table in common])  # [K, D]
    draws, groups = per_draw.shape[1], common[0].group_count
    weights = group_weights(common[0].groups, rng, resamples)
    resampled = np.stack([mean(table.values, weights).mean(axis=1) for table in common])  # [K, B]
    size = len(common)
    between_draws = np.cov(per_draw, ddof=1) / draws if draws > 1 else np.zeros((size, size))
    # A resample of G groups has only (G - 1) / G of the variance.
    between_groups = np.cov(resampled, ddof=0) * groups / max(groups - 1, 1)
    return Joint(
        means=per_draw.mean(axis=1),
        draw_covariance=between_draws.reshape(size, size),
        group_covariance=between_groups.reshape(size, size),
        draws=draws,
        groups=groups,
    )


def _root(variance: float) -> float:
    """Rounding can leave the variance of a sum that never varies a little below zero."""
    return math.sqrt(max(float(variance), 0.0))
