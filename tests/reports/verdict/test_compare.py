"""Arms in pairs, by hand: who wins how often, and the same pair the other way round."""

import dataclasses
import math

import numpy as np
import pytest

from reports.load import Arm
from reports.statistics.intervals import Interval, interval
from reports.statistics.scores import Scores
from reports.verdict.aggregate import ArmSummary
from reports.verdict.compare import Comparison, between, compare
from reports.verdict.cost import ArmCost

NO_COST = ArmCost(
    search_completed=0,
    search_pruned=0,
    search_failed=0,
    search_device_seconds=0.0,
    gan_fits=0,
    gan_device_seconds=0.0,
    training_device_seconds=0.0,
    model_gan_device_seconds=0.0,
    peak_gib=0.0,
)
IMAGES = ("a", "b", "c", "d")


def summary(name: str, values: list[list[float]]) -> ArmSummary:
    """An arm with these scores: a row for each draw, a column for each image."""
    scores = Scores(
        values=np.array(values),
        draws=tuple(range(len(values))),
        sample_ids=IMAGES,
        groups=IMAGES,
    )
    return ArmSummary(
        arm=Arm(name=name, segmenter="unet", extra_data="none", initial_weights="scratch"),
        planned=len(values),
        completed=len(values),
        failed=0,
        scores=scores,
        f1=interval(scores, rng=np.random.default_rng(0), resamples=50),
        metrics={},
        search_validation_f1=math.nan,
        cost=NO_COST,
    )


@pytest.fixture
def comparisons() -> list[Comparison]:
    """Of 8 scores the better arm wins 5, loses 2 and shares 1: it improves in 5.5 of 8."""
    better = summary("cellpose", [[0.9, 0.8, 0.7, 0.6], [0.9, 0.8, 0.3, 0.6]])
    worse = summary("unet", [[0.5, 0.5, 0.5, 0.7], [0.5, 0.5, 0.5, 0.6]])
    return compare([worse, better], resamples=200)


def test_improvement_is_the_share_of_wins_with_ties_as_halves(
    comparisons: list[Comparison],
) -> None:
    (found,) = comparisons
    assert (found.one, found.other) == ("cellpose", "unet")
    assert found.improvement.estimate == pytest.approx(5.5 / 8)
    assert found.found.estimate == pytest.approx((5.6 - 4.3) / 8)
    assert (found.draws, found.images, found.groups) == (2, 4, 4)
    assert found.improvement.low < 5.5 / 8 < found.improvement.high


def test_a_turned_comparison_says_the_same_of_the_other_arm(
    comparisons: list[Comparison],
) -> None:
    """A difference d in [l, h] turns into -d in [-h, -l]; a probability p into 1 - p."""
    known = dataclasses.replace(
        comparisons[0],
        found=Interval(estimate=0.2, low=0.1, high=0.4, error=None),
        improvement=Interval(estimate=0.75, low=0.625, high=1.0, error=None),
    )
    turned = between([known], "unet", "cellpose")
    assert turned is not None
    assert (turned.one, turned.other) == ("unet", "cellpose")
    assert bounds(turned.found) == (-0.4, -0.2, -0.1)
    assert bounds(turned.improvement) == (0.0, 0.25, 0.375)
    assert turned.p_holm == known.p_holm
    assert between([turned], "cellpose", "unet") == known


def bounds(one: Interval) -> tuple[float, float, float]:
    return one.low, one.estimate, one.high


def test_a_comparison_is_given_as_it_was_made_and_none_is_invented(
    comparisons: list[Comparison],
) -> None:
    assert between(comparisons, "cellpose", "unet") is comparisons[0]
    assert between(comparisons, "cellpose", "stardist") is None
