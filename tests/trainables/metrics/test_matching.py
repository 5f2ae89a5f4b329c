"""Which cells are found: by hand, and against the Hungarian method on the dense matrix."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from tests.trainables.metrics.label_images import pairs
from trainables.metrics.assignment import best_pairs
from trainables.metrics.contingency import tabulate
from trainables.metrics.matching import count, match


def matched_labels(true, predicted, threshold):
    table = tabulate(np.array(true, np.int32), np.array(predicted, np.int32))
    chosen = match(table, threshold=threshold)
    return [
        (int(t), int(p))
        for t, p in zip(
            table.true_labels[table.true_index[chosen]],
            table.predicted_labels[table.predicted_index[chosen]],
            strict=True,
        )
    ]


def dense_iou(true, predicted):
    return np.array(
        [
            [
                ((true == t) & (predicted == p)).sum() / ((true == t) | (predicted == p)).sum()
                for p in np.unique(predicted[predicted > 0])
            ]
            for t in np.unique(true[true > 0])
        ]
    ).reshape(len(np.unique(true[true > 0])), len(np.unique(predicted[predicted > 0])))


def test_a_cell_cut_unevenly_is_found_by_its_larger_part():
    # 10 pixels cut into 3 and 7: IoU 0.3 and 0.7.
    true, predicted = [[1] * 10], [[5] * 3 + [6] * 7]
    assert matched_labels(true, predicted, 0.7) == [(1, 6)]
    assert matched_labels(true, predicted, 0.3) == [(1, 6)]
    assert matched_labels(true, predicted, 0.75) == []


def test_a_cell_cut_in_halves_is_found_once_at_half():
    true, predicted = [[1] * 8], [[5] * 4 + [6] * 4]
    assert len(matched_labels(true, predicted, 0.5)) == 1
    assert matched_labels(true, predicted, 0.55) == []
    assert len(matched_labels(predicted, true, 0.5)) == 1


def test_touching_cells_melted_into_one_are_found_once():
    # Cells of 6 and 4 pixels under one predicted cell of 10: IoU 0.6 and 0.4.
    true, predicted = [[1] * 6 + [2] * 4], [[3] * 10]
    assert matched_labels(true, predicted, 0.4) == [(1, 3)]
    counts = count(tabulate(np.array(true), np.array(predicted)), (0.5,))[0]
    assert (counts.true_positives, counts.false_positives, counts.false_negatives) == (1, 0, 1)
    assert counts.matched_iou == np.float32(0.6)
    assert counts.f1 == 2 / 3


def test_below_half_more_pairs_go_before_better_ones():
    # True 1 = pixels 0-9, true 2 = pixels 10-15; predicted 3 = 0-3, predicted 4 = 4-15.
    # IoU: 1-3 = 4/10, 1-4 = 6/16 = 0.375, 2-4 = 6/12.
    # At 0.35 the greedy best pair 2-4 (0.5) leaves 1-3 (0.4): both are found.
    true, predicted = [[1] * 10 + [2] * 6], [[3] * 4 + [4] * 12]
    assert matched_labels(true, predicted, 0.35) == [(1, 3), (2, 4)]
    # Without predicted 3, cells 1 and 2 both want 4; the better one has it.
    assert matched_labels(true, [[0] * 4 + [4] * 12], 0.35) == [(2, 4)]


def test_below_half_a_worse_partner_is_taken_if_two_pairs_come_of_it():
    # True 1 = pixels 0-3, true 2 = pixels 4-13; predicted 3 = 2-10, predicted 4 = 11-13.
    # IoU: 1-3 = 2/11 = 0.18, 2-3 = 7/12 = 0.58, 2-4 = 3/10 = 0.3.
    # At 0.15 the best pair alone (2-3) leaves 1 and 4 alone; 1-3 and 2-4 finds both.
    true = [[1] * 4 + [2] * 10]
    predicted = [[0] * 2 + [3] * 9 + [4] * 3]
    assert matched_labels(true, predicted, 0.15) == [(1, 3), (2, 4)]
    assert matched_labels(true, predicted, 0.2) == [(2, 3)]


def test_neither_cells_nor_predictions_is_no_error():
    empty = np.zeros((4, 4), np.int32)
    cell = np.array([[0, 1], [1, 1]], np.int32)
    for threshold in (0.1, 0.5):
        counts = count(tabulate(empty, empty), (threshold,))[0]
        assert counts.f1 == 1.0
        assert counts.false_positives == counts.false_negatives == 0
        assert count(tabulate(cell, cell * 0), (threshold,))[0].false_negatives == 1
        assert count(tabulate(cell * 0, cell), (threshold,))[0].false_positives == 1


@pytest.mark.parametrize("threshold", [0.01, 0.2, 0.4, 0.5, 0.55, 0.8, 1.0])
def test_as_many_cells_as_the_hungarian_method_finds(threshold):
    for kind, true, predicted in pairs(seed=7, count=60):
        iou = dense_iou(true, predicted)
        cost = -(iou >= threshold).astype(float) - iou / (2 * max(1, min(iou.shape)))
        best = iou[linear_sum_assignment(cost)]
        table = tabulate(true, predicted)
        chosen = match(table, threshold=threshold)
        assert len(chosen) == (best >= threshold).sum(), kind
        assert len(set(table.true_index[chosen])) == len(chosen)
        assert len(set(table.predicted_index[chosen])) == len(chosen)
        assert (table.iou[chosen] >= threshold).all()


def test_best_pairs_gain_as_much_as_the_hungarian_method():
    rng = np.random.default_rng(8)
    for kind, true, predicted in pairs(seed=9, count=120):
        table = tabulate(true, predicted)
        gain = table.iou
        if rng.random() < 0.5:  # ties in plenty
            gain = np.ceil(gain * 3) / 3
        dense = np.zeros((len(table.true_labels), len(table.predicted_labels)))
        dense[table.true_index, table.predicted_index] = gain
        chosen = best_pairs(table, gain)
        best = dense[linear_sum_assignment(dense, maximize=True)].sum()
        assert gain[chosen].sum() == pytest.approx(best, rel=1e-12), kind
        assert len(set(table.true_index[chosen])) == len(chosen)
        assert len(set(table.predicted_index[chosen])) == len(chosen)
        assert (np.diff(chosen) > 0).all()


@pytest.mark.parametrize("threshold", [0, -0.5, 1.01, float("nan")])
def test_refuses_a_threshold_that_is_no_iou(threshold):
    table = tabulate(np.ones((2, 2), np.int32), np.ones((2, 2), np.int32))
    with pytest.raises(ValueError, match="threshold must be above 0 and at most 1"):
        match(table, threshold=threshold)
