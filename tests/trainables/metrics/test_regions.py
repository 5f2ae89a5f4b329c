"""Metrics of area, splits and merges: by hand, and against a second implementation."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from tests.trainables.metrics.label_images import pairs
from tests.trainables.metrics.test_matching import dense_iou
from trainables.metrics.contingency import tabulate
from trainables.metrics.regions import (
    aggregated_jaccard_index,
    aggregated_jaccard_index_plus,
    dice,
    merges,
    splits,
)

# Cells 1 (4 pixels) and 2 (6) lie under predicted cell 5 (pixels 1-8), cell 3 (2) is missed, and
# predicted cell 6 (2 pixels) is invented.
#   pixel      0 1 2 3 4 5 6 7 8 9 | 0 1 2 3 4
MELTED_TRUE = [[1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0, 3, 3, 0, 0]]
MELTED_PREDICTED = [[0, 5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0, 0, 6, 6]]


def melted():
    return tabulate(np.array(MELTED_TRUE), np.array(MELTED_PREDICTED))


def test_aji_counts_a_predicted_cell_for_each_true_cell_that_it_suits_best():
    # 1-5 share 3 of 9 pixels, 2-5 share 5 of 9; cell 3 and cell 6 stay alone with 2 pixels each.
    assert aggregated_jaccard_index(melted()) == (3 + 5) / (9 + 9 + 2 + 2)


def test_aji_plus_gives_each_predicted_cell_away_once():
    # 2-5 (IoU 5/9) beats 1-5 (3/9); cell 1 stays alone with 4 pixels.
    assert aggregated_jaccard_index_plus(melted()) == 5 / (9 + 4 + 2 + 2)


def test_dice_does_not_tell_cells_apart():
    # 12 true and 10 predicted foreground pixels, 8 in common.
    assert dice(melted()) == 2 * 8 / (12 + 10)


def test_a_melted_cell_is_one_merge_and_no_split():
    assert (merges(melted()), splits(melted())) == (1, 0)
    turned = tabulate(np.array(MELTED_PREDICTED), np.array(MELTED_TRUE))
    assert (merges(turned), splits(turned)) == (0, 1)


def test_a_part_must_have_an_iou_above_a_tenth():
    # 20 pixels, cut off are 2 (IoU 0.1, no part) or 3 (0.15, a part).
    true = np.ones((1, 20), np.int32)
    assert splits(tabulate(true, np.repeat([[1, 2]], [18, 2], axis=1))) == 0
    assert splits(tabulate(true, np.repeat([[1, 2]], [17, 3], axis=1))) == 1


def test_a_cell_cut_in_three_is_one_split():
    true = np.array([[1] * 9 + [2] * 3])
    predicted = np.array([[1] * 3 + [2] * 3 + [3] * 3 + [4] * 3])
    assert splits(tabulate(true, predicted)) == 1


@pytest.mark.parametrize("metric", [aggregated_jaccard_index, aggregated_jaccard_index_plus, dice])
def test_the_ends_of_the_scale(metric):
    empty, cell = np.zeros((3, 3), np.int32), np.eye(3, dtype=np.int32)
    assert metric(tabulate(empty, empty)) == 1.0
    assert metric(tabulate(cell, cell)) == 1.0
    assert metric(tabulate(cell, empty)) == 0.0
    assert metric(tabulate(empty, cell)) == 0.0


def masks(labels):
    return [labels == label for label in np.unique(labels[labels > 0])]


def slow_aji(true, predicted):
    shared, covered, used = 0, 0, set()
    candidates = masks(predicted)
    for cell in masks(true):
        ious = [(cell & other).sum() / (cell | other).sum() for other in candidates]
        if not ious or max(ious) == 0:
            covered += cell.sum()
            continue
        best = int(np.argmax(ious))
        used.add(best)
        shared += (cell & candidates[best]).sum()
        covered += (cell | candidates[best]).sum()
    covered += sum(other.sum() for i, other in enumerate(candidates) if i not in used)
    return shared / covered if covered else 1.0


def slow_aji_plus(true, predicted):
    cells, others, iou = masks(true), masks(predicted), dense_iou(true, predicted)
    chosen = [(t, p) for t, p in zip(*linear_sum_assignment(-iou), strict=True) if iou[t, p] > 0]
    shared = sum((cells[t] & others[p]).sum() for t, p in chosen)
    # What is covered twice by a pair counts once; what stays alone counts whole.
    covered = sum(mask.sum() for mask in cells + others) - shared
    return shared / covered if covered else 1.0


def test_against_a_second_implementation():
    for kind, true, predicted in pairs(seed=10, count=96):
        table, iou = tabulate(true, predicted), dense_iou(true, predicted)
        assert aggregated_jaccard_index(table) == slow_aji(true, predicted), kind
        assert splits(table) == ((iou > 0.1).sum(axis=1) > 1).sum(), kind
        assert merges(table) == ((iou > 0.1).sum(axis=0) > 1).sum(), kind
        overlap = ((true > 0) & (predicted > 0)).sum()
        total = (true > 0).sum() + (predicted > 0).sum()
        assert dice(table) == (2 * overlap / total if total else 1.0), kind
        if kind not in ("cut", "melted", "noise"):  # full of pairings that are equally good
            assert aggregated_jaccard_index_plus(table) == slow_aji_plus(true, predicted), kind
