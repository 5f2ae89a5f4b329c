"""Intervals cover, p-values do not cry wolf, and the numbers are those worked out by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from reports.statistics.intervals import Error, Interval, holm, interval, mean, median
from reports.statistics.power import draws_needed, groups_needed, smallest_detectable
from reports.statistics.scores import Scores, difference


def scores(values, groups=None, draws=None) -> Scores:
    values = np.asarray(values, dtype=np.float64)
    ids = tuple(f"img_{column}" for column in range(values.shape[1]))
    return Scores(
        values=values,
        draws=draws or tuple(range(values.shape[0])),
        sample_ids=ids,
        groups=tuple(groups) if groups is not None else ids,
    )


def simulate(rng, *, draws=3, images=20, draw_sd=0.05, image_sd=0.15, noise_sd=0.05) -> Scores:
    """Scores around a true mean of zero."""
    return scores(
        rng.normal(0, draw_sd, (draws, 1))
        + rng.normal(0, image_sd, (1, images))
        + rng.normal(0, noise_sd, (draws, images))
    )


def measure(table: Scores, **options) -> Interval:
    return interval(table, rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize(
    ("draws", "draw_sd", "image_sd", "noise_sd", "rate"),
    [
        (3, 0.05, 0.15, 0.05, 0.979),
        (3, 0.10, 0.02, 0.02, 0.953),  # the draws dominate: a plain bootstrap covers 73 % here
        (3, 0.00, 0.05, 0.05, 0.987),  # the interaction is all there is, and is counted twice
        (5, 0.05, 0.15, 0.15, 0.975),
        (2, 0.10, 0.02, 0.02, 0.952),
    ],
)
def test_interval_covers_the_truth_as_often_as_it_should_and_no_more(
    draws, draw_sd, image_sd, noise_sd, rate
):
    """Never less often than 0.95; above it by what counting the interaction twice costs.

    The rates are those of 100,000 studies whose variances were taken from the formulas and not
    from a bootstrap, by other code than this; their own standard error is below 0.0007.
    """
    rng, studies = np.random.default_rng(1), 1000
    tables = [
        simulate(rng, draws=draws, draw_sd=draw_sd, image_sd=image_sd, noise_sd=noise_sd)
        for _ in range(studies)
    ]
    found = [measure(table, resamples=300) for table in tables]
    covered = np.mean([one.low <= 0 <= one.high for one in found])
    three_standard_errors = 3 * math.sqrt(rate * (1 - rate) / studies)
    assert covered == pytest.approx(rate, abs=three_standard_errors)


@pytest.mark.parametrize("draws", [3, 5, 10])
def test_a_difference_at_the_margin_is_rarely_called_none(draws):
    rng = np.random.default_rng(draws)
    margin = 0.03
    tables = [simulate(rng, draws=draws, draw_sd=0.01, image_sd=0.03) for _ in range(300)]
    found = [measure(scores(table.values + margin), resamples=200) for table in tables]
    # Two standard errors of a rate of 0.05 in 300 trials are 0.025.
    assert np.mean([one.p_within(margin) < 0.05 for one in found]) <= 0.075


def test_a_difference_far_below_the_margin_is_called_none():
    rng = np.random.default_rng(3)
    table = simulate(rng, draws=10, draw_sd=0.005, image_sd=0.01, noise_sd=0.01)
    assert measure(table).p_within(0.05) < 0.001
    assert measure(scores(table.values + 0.05)).p_within(0.05) > 0.2
    assert measure(scores(table.values + 0.2)).p_within(0.05) > 0.99


def test_draws_and_groups_that_are_needed():
    error = Error(draw_se=0.02, draws=3, group_se=0.002, groups=20)
    found = Interval(estimate=0.03, low=0.0, high=0.06, error=error)
    needed = draws_needed(found, difference=0.03)
    assert needed is not None
    larger = replace(error, draws=needed, draw_se=0.02 * math.sqrt(3 / needed))
    smaller = replace(error, draws=needed - 1, draw_se=0.02 * math.sqrt(3 / (needed - 1)))
    assert smallest_detectable(replace(found, error=larger)) <= 0.03
    assert smallest_detectable(replace(found, error=smaller)) > 0.03
    # The draws alone leave an error of 0.02, which no number of images makes up for.
    assert groups_needed(found, difference=0.03) is None
    assert draws_needed(found, difference=0.001) is None


def test_no_effect_is_called_an_effect_in_at_most_seven_of_a_hundred():
    rng = np.random.default_rng(2)
    found = [measure(simulate(rng), resamples=300) for _ in range(600)]
    assert np.mean([one.p_value < 0.05 for one in found]) <= 0.07
    # Holm's correction leans on the far tail, where Satterthwaite's t gives 0.019.
    assert np.mean([one.p_value < 0.005 for one in found]) <= 0.01


def test_p_value_and_interval_agree():
    table = simulate(np.random.default_rng(8))
    found = measure(table)
    at_the_edge = measure(scores(table.values - found.low))
    assert at_the_edge.p_value == pytest.approx(0.05, abs=1e-3)


def test_behrens_fisher_tail_equals_a_simulation():
    rng = np.random.default_rng(7)
    error = Error(draw_se=0.03, draws=3, group_se=0.02, groups=8)
    drawn = 0.03 * rng.standard_t(2, 400_000) + 0.02 * rng.standard_t(7, 400_000)
    assert error.tail(0.1) == pytest.approx(np.mean(drawn > 0.1), abs=1e-3)
    assert error.reach(0.975) == pytest.approx(np.quantile(drawn, 0.975), rel=0.02)


def test_no_variation_at_all_is_certain():
    found = measure(scores([[0.5, 0.5], [0.5, 0.5]]))
    assert (found.low, found.high, found.p_value) == (0.5, 0.5, 0.0)
    assert measure(scores([[0.0, 0.0]])).p_value == 1.0


def test_single_draw_resamples_groups_only_and_says_so():
    found = measure(scores([[0.2, 0.4, 0.6, 0.8]]), resamples=200_000)
    # Variance of the mean of four images: 0.2 / 3 / 4 = 0.016667.
    assert found.error.standard_error == pytest.approx(math.sqrt(0.2 / 3 / 4), rel=0.01)
    assert found.high - 0.5 == pytest.approx(3.1824 * found.error.standard_error, rel=1e-3)
    assert not found.covers_draws


def test_images_of_one_group_do_not_count_as_independent():
    values = np.repeat([[0.2, 0.4, 0.6, 0.8]], 5, axis=1).reshape(1, 20)
    apart = measure(scores(values))
    together = measure(scores(values, groups=np.repeat(list("abcd"), 5)))
    assert together.error.standard_error > 2 * apart.error.standard_error


def test_draws_and_groups_add_their_variances():
    # Draw means 0.4 and 0.6 and 0.8 over equal images: only the draws vary, 0.04 / 3.
    found = measure(scores([[0.4] * 6, [0.6] * 6, [0.8] * 6]))
    assert found.estimate == pytest.approx(0.6)
    assert found.error.standard_error == pytest.approx(math.sqrt(0.04 / 3))
    assert found.high - 0.6 == pytest.approx(4.3027 * math.sqrt(0.04 / 3), rel=1e-4)


def test_one_group_gives_a_number_without_an_interval():
    found = measure(scores([[0.5, 0.7]], groups=["a", "a"]))
    assert found.estimate == pytest.approx(0.6)
    assert math.isnan(found.low)
    assert math.isnan(found.p_value)


def test_same_generator_same_interval_other_generator_other_interval():
    table = simulate(np.random.default_rng(3))
    assert measure(table) == measure(table)
    assert measure(table) != interval(table, rng=np.random.default_rng(9))


def test_statistic_is_exchangeable():
    table = scores([[0.0, 0.8, 1.0], [0.0, 0.6, 1.0]])
    assert measure(table, statistic=median).estimate == pytest.approx(0.7)
    assert measure(table, statistic=mean).estimate == pytest.approx(3.4 / 6)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [([1, 1, 1, 1], 0.4), ([0, 0, 0, 4], 0.9), ([3, 1, 0, 0], 0.1), ([1, 0, 2, 0], 0.5)],
)
def test_weighted_median_by_hand(weights, expected):
    values = np.array([[0.5, 0.1, 0.3, 0.9]])[:, [1, 2, 0, 3]]  # 0.1, 0.3, 0.5, 0.9
    assert median(values, np.array([weights], float))[0, 0] == pytest.approx(expected)


def test_difference_pairs_by_draw_and_image_not_by_place():
    one = scores([[0.5, 0.6], [0.7, 0.8]], draws=(1, 2))
    other = Scores(
        values=np.array([[0.1, 0.2, 0.3]]),
        draws=(2,),
        sample_ids=("img_1", "img_9", "img_0"),
        groups=("img_1", "img_9", "img_0"),
    )
    paired = difference(one, other)
    assert paired is not None
    assert paired.draws == (2,)
    assert paired.sample_ids == ("img_0", "img_1")
    np.testing.assert_allclose(paired.values, [[0.7 - 0.3, 0.8 - 0.1]])


def test_difference_of_arms_without_a_common_draw_is_none():
    assert difference(scores([[0.5]], draws=(1,)), scores([[0.5]], draws=(2,))) is None


def test_holm_by_hand():
    # Sorted 0.01, 0.03, 0.04 times 3, 2, 1: 0.03, 0.06, and 0.04 raised to 0.06.
    assert holm([0.04, 0.01, math.nan, 0.03])[:2] == pytest.approx([0.06, 0.03])
    assert math.isnan(holm([0.04, 0.01, math.nan, 0.03])[2])
    assert holm([0.6, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_smallest_detectable_difference_is_found_four_times_in_five():
    rng = np.random.default_rng(4)
    sizes = {"draws": 6, "draw_sd": 0.02, "image_sd": 0.05, "images": 30}
    typical = np.median([smallest_detectable(measure(simulate(rng, **sizes))) for _ in range(60)])
    found = []
    for _ in range(300):
        table = simulate(rng, **sizes)
        shifted = scores(table.values + typical)
        found.append(measure(shifted, resamples=300).p_value < 0.05)
    assert 0.7 <= np.mean(found) <= 0.9
