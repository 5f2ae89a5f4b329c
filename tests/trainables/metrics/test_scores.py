"""The score of one image as a whole."""

import dataclasses
import json

import numpy as np
import pytest

from tests.specs import trial_of
from tests.trainables.metrics.label_images import pairs
from trainables.metrics.contingency import tabulate
from trainables.metrics.scores import f1, score_image
from trainables.metrics.sizes import count_by_size
from trainables.results.result import TrialResult
from trainables.results.score_table import score_table
from trainables.wire.result_json import from_json, to_json


def score(true, predicted, **options):
    return score_image(
        np.array(true, np.int32), np.array(predicted, np.int32), sample_id="s", group="g", **options
    )


def test_an_image_by_hand():
    # Cell 1 (4x4, away from the border) is found with 12 of its 16 pixels: IoU 0.75.
    # Cell 2 (2x2, in a corner) is found exactly, but touches the frame.
    # Predicted cell 9 (2x2) is invented.
    true = np.zeros((10, 10), np.int32)
    true[3:7, 3:7] = 1
    true[0:2, 0:2] = 2
    predicted = np.zeros((10, 10), np.int32)
    predicted[3:7, 3:6] = 5
    predicted[0:2, 0:2] = 3
    predicted[2:4, 6:8] = 9
    # One pixel of cell 9 lies on cell 1, the other three on background.
    result = score(true, predicted)
    found = [counts.true_positives for counts in result.counts]
    assert found == [2, 2, 2, 2, 2, 2, 1, 1, 1, 1]
    assert [counts.threshold for counts in result.counts] == [
        0.5,
        0.55,
        0.6,
        0.65,
        0.7,
        0.75,
        0.8,
        0.85,
        0.9,
        0.95,
    ]
    assert [counts.false_positives for counts in result.counts] == [3 - tp for tp in found]
    assert [counts.false_negatives for counts in result.counts] == [2 - tp for tp in found]
    assert result.counts[0].matched_iou == 1.75
    assert [counts.true_positives for counts in result.counts_without_border] == [1, 1, 0]
    assert [counts.threshold for counts in result.counts_without_border] == [0.5, 0.7, 0.9]
    assert result.f1 == 2 * 2 / (2 * 2 + 1 + 0)
    assert result.aji == result.aji_plus == (12 + 4) / (16 + 4 + 4)
    assert result.dice == 2 * (12 + 4 + 1) / (20 + 20)
    assert (result.true_cells, result.predicted_cells, result.count_error) == (2, 3, 1)
    assert (result.splits, result.merges) == (0, 0)
    assert (result.sample_id, result.group, result.by_size) == ("s", "g", ())


def test_splits_and_merges_of_an_image_by_hand():
    # Cell 1 is cut in three, and cell 2 in two; predicted cell 9 covers cells 3 and 4.
    true = [[1, 1, 1, 0, 2, 2], [0, 0, 0, 0, 0, 0], [3, 3, 4, 4, 0, 0]]
    predicted = [[5, 6, 7, 0, 8, 3], [0, 0, 0, 0, 0, 0], [9, 9, 9, 9, 0, 0]]
    result = score(true, predicted)
    assert (result.splits, result.merges) == (2, 1)
    turned = score(predicted, true)
    assert (turned.splits, turned.merges) == (1, 2)


def test_two_empty_images_agree():
    empty = np.zeros((8, 8), np.int32)
    result = score(empty, empty)
    assert {counts.f1 for counts in result.counts + result.counts_without_border} == {1.0}
    assert (result.aji, result.aji_plus, result.dice) == (1.0, 1.0, 1.0)
    assert f1(empty, empty) == 1.0
    assert f1(empty, np.eye(8, dtype=np.int32)) == 0.0


def test_the_fast_path_equals_the_score():
    for _, true, predicted in pairs(seed=15, count=48):
        result = score(true, predicted)
        assert f1(true, predicted) == result.f1
        assert f1(true, predicted, threshold=0.8) == result.counts[6].f1


def test_renumbering_and_turning_change_nothing():
    rng = np.random.default_rng(16)
    for kind, true, predicted in pairs(seed=17, count=48):
        if kind in ("cut", "melted", "noise"):
            continue  # full of pairings that are equally good
        numbers = np.concatenate([[0], rng.permutation(200_000)[: predicted.max() + 1] + 1])
        renumbered = score(true[::-1].T, numbers[predicted][::-1].T)
        expected = score(true, predicted)
        assert renumbered.aji_plus == pytest.approx(expected.aji_plus)
        for ours, theirs in zip(renumbered.counts, expected.counts, strict=True):
            assert ours.true_positives == theirs.true_positives


def test_cells_are_counted_by_their_diameter():
    # True: 4 pixels (diameter 2.26) found, 16 (4.51) missed. Predicted: one of 1 pixel (1.13)
    # and one of 9 (3.39) are invented.
    true, predicted = np.zeros((2, 12, 12), np.int32)
    true[0:2, 0:2] = 1
    predicted[0:2, 0:2] = 1
    true[4:8, 0:4] = 2
    predicted[4, 0] = 2
    predicted[8:11, 8:11] = 3
    small, middle, large = score(true, predicted, size_edges_px=(2, 4)).by_size
    assert (small.true_positives, small.false_positives, small.false_negatives) == (0, 1, 0)
    assert (middle.true_positives, middle.false_positives, middle.false_negatives) == (1, 1, 0)
    assert (large.true_positives, large.false_positives, large.false_negatives) == (0, 0, 1)
    assert (small.min_diameter_px, middle.min_diameter_px, large.max_diameter_px) == (0, 2, np.inf)


@pytest.mark.parametrize("edges", [(4, 2), (2, 2), (0, 3), (-1,)])
def test_refuses_sizes_that_do_not_ascend(edges):
    table = tabulate(np.eye(3, dtype=np.int32), np.eye(3, dtype=np.int32))
    with pytest.raises(ValueError, match="edges_px must ascend from above 0"):
        count_by_size(table, edges_px=edges)


def test_scores_come_back_from_json_the_same():
    true, predicted = np.zeros((2, 9, 9), np.int32)
    true[3:6, 3:6] = 1
    predicted[3:6, 3:5] = 1
    images = [score(true, predicted, size_edges_px=(3,)), score(true, true, size_edges_px=(3,))]
    result = TrialResult(
        trial_id="t",
        spec=trial_of("confirm"),
        status="completed",
        validation=score_table([score(true, predicted)]),
        test=score_table(images),
    )
    assert from_json(to_json(result)) == result


def test_results_stored_before_the_breakdown_by_size_are_read():
    images = [score([[1]], [[1]])]
    result = TrialResult(
        trial_id="t", spec=trial_of("confirm"), status="completed", test=score_table(images)
    )
    raw = json.loads(to_json(result)) | {"schema": 1, "validation": []}
    raw["test"] = [dataclasses.asdict(image) for image in images]
    text = json.dumps(raw).replace(', "by_size": []', "")
    assert "by_size" not in text
    assert from_json(text) == result


def test_refuses_predictions_that_are_negative_or_of_another_size():
    labels = np.eye(4, dtype=np.int32)
    with pytest.raises(ValueError, match="Predicted labels must be from 0"):
        score(labels, labels - 2)
    with pytest.raises(ValueError, match="True labels must be from 0"):
        score(labels - 3, labels)
    with pytest.raises(ValueError, match="same shape"):
        f1(np.full((4, 5), -1, np.int32), labels)


def test_scores_hold_plain_numbers():
    result = dataclasses.asdict(score(np.eye(9), np.eye(9), size_edges_px=(3,)))
    entries = [*result.pop("counts"), *result.pop("counts_without_border"), *result.pop("by_size")]
    for value in [*result.values(), *(value for entry in entries for value in entry.values())]:
        assert type(value) in (int, float, str)
