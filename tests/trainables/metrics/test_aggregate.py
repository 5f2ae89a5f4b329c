"""Scores of data sets, worked out by hand from the scores of their images."""

import dataclasses
import math

import pytest

from trainables.metrics.aggregate import (
    at,
    cellpose_mean_ap,
    mean_absolute_count_error,
    mean_average_precision,
    mean_by_group,
    mean_count_error,
    mean_quantities,
    neurips_f1,
    pool_sizes,
    stardist_by_image,
    stardist_pooled,
    summarise,
)
from trainables.metrics.conventions import neurips_score
from trainables.metrics.quantities import quantities
from trainables.results.image_score import Counts, ImageScore, SizeCounts
from trainables.results.result import mean_f1
from trainables.results.score_table import score_table


def counts(tp, fp, fn, *, threshold=0.5, matched_iou=None):
    return Counts(
        threshold=threshold,
        true_positives=tp,
        false_positives=fp,
        false_negatives=fn,
        matched_iou=0.75 * tp if matched_iou is None else matched_iou,
    )


def image(tp, fp, fn, *, group="a", by_size=()):
    return ImageScore(
        sample_id="s",
        group=group,
        counts=(counts(tp, fp, fn), counts(0, fp + tp, fn + tp, threshold=0.75)),
        counts_without_border=(counts(tp, fp, fn),),
        aji=0.5,
        aji_plus=0.5,
        dice=0.5,
        true_cells=tp + fn,
        predicted_cells=tp + fp,
        splits=0,
        merges=0,
        by_size=by_size,
    )


# A large image with 8 of 10 cells found and 2 invented (F1 0.8, AP 8/12), a small one with 1 of 3
# found (F1 0.5, AP 1/3), and one without any cell.
IMAGES = (image(8, 2, 2), image(1, 0, 2, group="b"), image(0, 0, 0))
DATA_SET = score_table(IMAGES)


def test_quantities_by_hand():
    result = quantities(counts(3, 1, 2, matched_iou=2.4))
    assert dataclasses.asdict(result) == {
        "precision": 3 / 4,
        "recall": 3 / 5,
        "f1": 6 / 9,
        "average_precision": 3 / 6,
        "panoptic_quality": pytest.approx(2.4 / (3 + 0.5 + 1)),
        "mean_matched_score": pytest.approx(0.8),
        "mean_true_score": pytest.approx(2.4 / 5),
    }


def test_two_empty_images_are_worth_what_is_said_of_them():
    assert set(dataclasses.asdict(quantities(counts(0, 0, 0))).values()) == {1.0}
    worthless = quantities(counts(0, 0, 0), both_empty=0.0)
    assert set(dataclasses.asdict(worthless).values()) == {0.0}


@pytest.mark.parametrize("missed_and_invented", [(0, 4), (4, 0), (4, 4)])
def test_nothing_found_is_worth_nothing(missed_and_invented):
    result = quantities(counts(0, *missed_and_invented))
    assert set(dataclasses.asdict(result).values()) == {0.0}


def test_the_conventions_differ_on_one_data_set():
    own = mean_quantities(DATA_SET)
    assert own.f1 == pytest.approx((0.8 + 0.5 + 1) / 3)
    assert own.f1 == pytest.approx(mean_f1(DATA_SET))
    assert own.average_precision == pytest.approx((8 / 12 + 1 / 3 + 1) / 3)
    assert stardist_by_image(DATA_SET).f1 == pytest.approx((0.8 + 0.5 + 0) / 3)
    # 9 of 13 cells found, 2 invented
    assert stardist_pooled(DATA_SET).f1 == pytest.approx(18 / (18 + 2 + 4))
    assert stardist_pooled(DATA_SET).panoptic_quality == pytest.approx(0.75 * 9 / (9 + 1 + 2))
    assert neurips_f1(DATA_SET).mean == pytest.approx((0.8 + 0.5 + 0) / 3)
    assert neurips_f1(DATA_SET).median == 0.5
    assert cellpose_mean_ap(DATA_SET) == pytest.approx((8 / 12 + 1 / 3 + 1) / 3)
    assert cellpose_mean_ap(DATA_SET, threshold=0.75) == pytest.approx(1 / 3)


def test_neurips_rounds_before_it_averages():
    thirds = score_table([image(1, 1, 0), image(2, 1, 1), image(1, 1, 0)])
    assert neurips_f1(thirds).mean == pytest.approx(0.6667, abs=1e-12)


def test_mean_average_precision_is_over_thresholds_and_images():
    first_two = score_table(IMAGES[:2])
    assert mean_average_precision(first_two) == pytest.approx((8 / 12 / 2 + 1 / 3 / 2) / 2)


def test_count_errors():
    scores = score_table([image(1, 3, 0), image(1, 0, 2)])
    assert mean_count_error(scores) == 0.5
    assert mean_absolute_count_error(scores) == 2.5


def test_groups_apart():
    rounded = neurips_score(DATA_SET.counts_without_border[0]).f1
    assert mean_by_group(DATA_SET.groups, rounded) == {"a": 0.4, "b": 0.5}


def test_a_threshold_that_was_not_scored_is_refused():
    assert at(IMAGES[0].counts, 0.25 + 0.5).threshold == 0.75
    with pytest.raises(ValueError, match=r"threshold must be one of \[0.5, 0.75\].*but got 0.3"):
        at(DATA_SET.counts, 0.3)


def size(tp, *, low=0.0, high=10.0):
    return SizeCounts(
        min_diameter_px=low,
        max_diameter_px=high,
        true_positives=tp,
        false_positives=1,
        false_negatives=2,
    )


def test_sizes_are_pooled_class_by_class():
    scores = [
        score_table([image(1, 0, 0, by_size=(size(1), size(5, low=10, high=20)))]),
        score_table([image(1, 0, 0, by_size=(size(3), size(7, low=10, high=20)))]),
    ]
    small, large = pool_sizes(scores)
    assert (small.true_positives, small.false_positives, small.false_negatives) == (4, 2, 4)
    assert (large.true_positives, large.min_diameter_px) == (12, 10)
    assert pool_sizes([]) == ()
    with pytest.raises(ValueError, match="same classes of size"):
        pool_sizes([scores[0], score_table([image(1, 0, 0, by_size=(size(1),))])])


def full_image():
    thresholds = (0.5, 0.75, 0.9)
    entries = tuple(counts(2, 1, 1, threshold=threshold) for threshold in thresholds)
    return dataclasses.replace(image(2, 1, 1), counts=entries)


def test_summary_names_every_score():
    summary = summarise(score_table([full_image()]))
    assert summary["f1@0.5"] == 4 / 6
    assert summary["neurips_f1_mean@0.5"] == summary["neurips_f1_median@0.5"] == 0.6667
    assert summary["stardist_f1_pooled@0.5"] == summary["stardist_f1_by_image@0.5"] == 4 / 6
    assert summary["cellpose_ap_mean@0.9"] == pytest.approx(0.5)
    assert summary["cellpose_error_rate_mean@0.5"] == pytest.approx(2 / 3)


def test_no_image_has_no_score():
    assert all(math.isnan(value) for value in summarise(score_table()).values())
