"""What annotations buy: curves read backwards, cost to score, what next; worked out by hand."""

import math

import numpy as np
import pytest

from reports.findings.cost_to_score import Point, points
from reports.findings.curves import read_at_arm, read_at_score
from reports.findings.what_next import _last_doubling
from reports.statistics.intervals import interval
from reports.statistics.joint import joint
from reports.statistics.scores import Scores, combination, difference, on_images


def table(values, groups=None, draws=None) -> Scores:
    values = np.asarray(values, dtype=np.float64)
    ids = tuple(f"img_{column}" for column in range(values.shape[1]))
    return Scores(
        values=values,
        draws=draws or tuple(range(values.shape[0])),
        sample_ids=ids,
        groups=tuple(groups or ids),
    )


def flat(mean: float, *, noise: np.ndarray | float = 0.0) -> Scores:
    return table(np.full((3, 8), mean) + noise)


CURVE = {2: flat(0.5), 4: flat(0.6), 16: flat(0.7)}
"""0.1 for the first doubling, then 0.1 over two doublings."""


@pytest.mark.parametrize(
    ("score", "images"),
    [(0.5, 2.0), (0.55, 2 * math.sqrt(2)), (0.6, 4.0), (0.65, 8.0), (0.7, 16.0)],
)
def test_curve_is_straight_over_the_logarithm_of_the_count(score, images):
    found = read_at_arm(CURVE, flat(score))
    assert found.count == pytest.approx(images)
    assert read_at_score(CURVE, score).count == pytest.approx(images)


def test_score_outside_the_measured_range_is_not_made_up():
    assert read_at_arm(CURVE, flat(0.71)).count == math.inf
    assert read_at_arm(CURVE, flat(0.49)).count == -math.inf
    certain = read_at_arm(CURVE, flat(0.8))
    assert (certain.low, certain.high) == (math.inf, math.inf)
    assert (certain.smallest, certain.largest) == (2, 16)


def test_curve_that_falls_is_read_as_if_it_stayed():
    # Pooled: 0.5, then (0.7 + 0.6) / 2 twice.
    curve = {2: flat(0.5), 4: flat(0.7), 8: flat(0.6)}
    assert read_at_score(curve, 0.65).count == pytest.approx(4.0)
    assert read_at_score(curve, 0.66).count == math.inf


def test_single_count_says_only_above_or_below():
    assert read_at_score({5: flat(0.6)}, 0.7).count == math.inf
    assert read_at_score({5: flat(0.6)}, 0.5).count == -math.inf
    assert read_at_arm({5: flat(0.6)}, flat(0.6)) is None


def test_noise_that_both_share_does_not_widen_the_interval():
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 0.2, (3, 8))
    curve = {count: table(scores.values + shared) for count, scores in CURVE.items()}
    found = read_at_arm(curve, table(flat(0.65).values + shared))
    assert found.low == pytest.approx(8.0, rel=0.05)
    assert found.high == pytest.approx(8.0, rel=0.05)


@pytest.mark.parametrize("draws", [3, 5, 10])
def test_interval_of_the_equivalence_covers_the_truth(draws, monkeypatch):
    """The true answer is 8 images; noise of draws and images, on the curve and on the arm."""
    monkeypatch.setattr("reports.findings.curves.STEPS", 12)
    rng = np.random.default_rng(draws)
    covered = []
    for _ in range(120):
        difficulty = rng.normal(0, 0.1, (1, 16))

        def measured(mean, difficulty=difficulty):
            luck = rng.normal(0, 0.03, (draws, 1))
            return table(mean + difficulty + luck + rng.normal(0, 0.05, (draws, 16)))

        curve = {2: measured(0.5), 4: measured(0.6), 16: measured(0.7)}
        found = read_at_arm(curve, measured(0.65))
        covered.append(found.low <= 8.0 <= found.high)
    # Two standard errors of a rate of 0.95 in 120 trials are 0.040.
    assert np.mean(covered) >= 0.91


def test_contrast_of_two_tables_is_their_paired_difference():
    rng = np.random.default_rng(1)
    one, other = table(rng.random((4, 10))), table(rng.random((4, 10)))
    both = joint([one, other], rng=np.random.default_rng(2), resamples=20_000)
    paired = interval(difference(one, other), rng=np.random.default_rng(3), resamples=20_000)
    found = both.contrast(np.array([1.0, -1.0]))
    assert found.estimate == pytest.approx(paired.estimate)
    assert found.error.draw_se == pytest.approx(paired.error.draw_se)
    assert found.error.group_se == pytest.approx(paired.error.group_se, rel=0.03)


def test_combination_keeps_what_all_tables_have():
    one = table([[1.0, 2.0], [3.0, 4.0]], draws=(1, 2))
    other = table([[10.0, 20.0]], draws=(2,))
    found = combination([(1.0, one), (0.5, other)])
    assert found.draws == (2,)
    np.testing.assert_allclose(found.values, [[3 + 5, 4 + 10]])
    assert on_images(one, ["img_1"]).values.tolist() == [[2.0], [4.0]]
    assert on_images(one, ["img_9"]) is None


def test_last_doubling_of_a_search_by_hand():
    # Halves of (1, 2, 4, 8) have the maxima 2, 4, 8, 4, 8, 8: mean 34 / 6.
    assert _last_doubling(np.array([4.0, 1.0, 8.0, 2.0])) == pytest.approx(8 - 34 / 6)


def test_front_holds_what_nobody_beats(study_of):
    found = {(p.arm, p.annotation_count): p for p in points(study_of.by_count)}
    assert len(found) == 10
    best = max(found.values(), key=lambda p: p.f1)
    assert best.on_front
    for point in found.values():
        beaten = any(_beats(other, point) for other in found.values())
        assert point.on_front != beaten


def _beats(one: Point, other: Point) -> bool:
    return one != other and (
        one.f1 >= other.f1
        and one.annotation_count <= other.annotation_count
        and one.with_search_device_seconds <= other.with_search_device_seconds
    )


@pytest.fixture(scope="module")
def study_of(tmp_path_factory):
    from reports.findings.findings import find
    from reports.load import load_study
    from reports.verdict.verdict import decide
    from tests.reports.fake_study import FakeStudy

    folder = FakeStudy(annotation_counts=(2, 10), pictures=False).write(
        tmp_path_factory.mktemp("counts") / "study"
    )
    study = load_study(folder)
    return find(study, decide(study))
