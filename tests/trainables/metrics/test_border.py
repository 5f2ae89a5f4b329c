"""The border rule of NeurIPS 2022: by hand, and against the rule written out cell by cell."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from tests.trainables.metrics.label_images import pairs, scattered
from tests.trainables.metrics.test_matching import dense_iou
from trainables.metrics import border
from trainables.metrics.border import count_without_border
from trainables.metrics.contingency import tabulate
from trainables.metrics.conventions import neurips_score

THRESHOLDS = (0.5, 0.7, 0.9)


def without_border(true, predicted, thresholds=THRESHOLDS):
    table = tabulate(true, predicted)
    return count_without_border(true, predicted, table=table, thresholds=thresholds)


def summary(counts):
    return counts.true_positives, counts.false_positives, counts.false_negatives


def inside(labels):
    """The label image without the cells that have a pixel in the outer 2 pixels."""
    kept = labels.copy()
    for label in set(labels[labels > 0].tolist()):
        rows, columns = np.nonzero(labels == label)
        distances = (
            rows.min(),
            columns.min(),
            labels.shape[0] - 1 - rows.max(),
            labels.shape[1] - 1 - columns.max(),
        )
        if min(distances) < 2:
            kept[labels == label] = 0
    return kept


def slow_score(true, predicted, threshold):
    """(TP, FP, FN) of an image below 25 million pixels."""
    true, predicted = inside(true), inside(predicted)
    iou = dense_iou(true, predicted)
    good = (iou >= threshold).astype(float)
    chosen = linear_sum_assignment(good + iou / (2 * max(1, min(iou.shape))), maximize=True)
    found = int((iou[chosen] >= threshold).sum())
    return found, iou.shape[1] - found, iou.shape[0] - found


def test_a_prediction_that_spills_into_the_frame_makes_a_miss():
    # 10 x 10: the true cell starts 3 pixels from the left side, its prediction 1 pixel from it.
    true, predicted = np.zeros((2, 10, 10), np.int32)
    true[4:6, 3:7] = 1
    predicted[4:6, 1:7] = 1
    assert summary(tabulate_and_count(true, predicted)) == (1, 0, 0)
    assert summary(without_border(true, predicted)[0]) == (0, 0, 1)
    assert summary(without_border(predicted, true)[0]) == (0, 1, 0)


def tabulate_and_count(true, predicted):
    (counts,) = border.count(tabulate(true, predicted), (0.5,))
    return counts


@pytest.mark.parametrize(("distance", "found"), [(0, 0), (1, 0), (2, 1)])
@pytest.mark.parametrize("turns", range(4))
def test_the_frame_is_two_pixels_wide_on_every_side(distance, found, turns):
    cell = np.zeros((9, 12), np.int32)
    cell[distance : distance + 2, 5:8] = 3
    cell = np.rot90(cell, turns)
    assert summary(without_border(cell, cell)[0]) == (found, 0, 0)


def test_a_dropped_neighbour_leaves_the_overlap_of_the_others_alone():
    # The prediction has 4 of its 8 pixels on the true cell 1, the others on cell 2, which touches
    # the frame: they stay in the union, so the IoU is 4/8 and not 4/4.
    true, predicted = np.zeros((2, 8, 12), np.int32)
    true[3:5, 2:4] = 1
    true[3:5, 4:12] = 2
    predicted[3:5, 2:6] = 1
    assert summary(without_border(true, predicted, (0.5,))[0]) == (1, 0, 0)
    assert summary(without_border(true, predicted, (0.55,))[0]) == (0, 1, 1)


def test_against_the_rule_written_out():
    for kind, true, predicted in pairs(seed=11, count=180):
        for threshold, ours in zip(THRESHOLDS, without_border(true, predicted), strict=True):
            found, invented, missed = slow_score(true, predicted, threshold)
            assert summary(ours) == (found, invented, missed), kind
            expected = 0.0
            if found:
                precision, recall = found / (found + invented), found / (found + missed)
                expected = np.round(2 * (precision * recall) / (precision + recall), 4)
            assert neurips_score(ours).f1 == expected, kind


def test_nothing_predicted_means_everything_missed():
    """Upstream's table says that 0 cells are missed then; its F1 is 0 too."""
    true = np.zeros((9, 9), np.int32)
    true[4, 4] = 1
    (counts,) = without_border(true, np.zeros_like(true), (0.5,))
    assert summary(counts) == (0, 0, 1)
    assert neurips_score(counts).f1 == 0.0


def test_tiny_images_hold_nothing_but_frame():
    """Upstream forgets the cell with the smallest label where there is no background."""
    full = np.array([[1, 1, 2, 2]] * 4, np.int32)
    assert summary(without_border(full, full)[0]) == (0, 0, 0)


def test_large_images_are_scored_in_tiles_with_a_border_each(monkeypatch):
    monkeypatch.setattr(border, "TILED_FROM_PX", 30 * 47)
    monkeypatch.setattr(border, "TILE_PX", 20)
    rng = np.random.default_rng(12)
    for _ in range(20):
        true = scattered(rng, (30, 47), cells=40)
        predicted = np.roll(true, rng.integers(-1, 2, size=2), axis=(0, 1))
        expected = np.zeros(3, int)
        for image in range(2 * 3):
            top, left = 20 * (image // 3), 20 * (image % 3)
            tile = np.zeros((2, 20, 20), np.int32)
            for side, labels in zip(tile, (true, predicted), strict=True):
                part = labels[top : top + 20, left : left + 20]
                side[: part.shape[0], : part.shape[1]] = part
            expected += slow_score(*tile, 0.5)
        assert summary(without_border(true, predicted)[0]) == tuple(expected)


@pytest.mark.parametrize(("width", "found"), [(4999, 1), (5000, 0)])
def test_tiles_start_at_25_million_pixels_and_are_2000_wide(width, found):
    # The cell lies across column 2000, a seam of tiles.
    labels = np.zeros((5000, width), np.uint8)
    labels[100:110, 1995:2005] = 1
    assert summary(without_border(labels, labels, (0.5,))[0]) == (found, 0, 0)
