"""Pixels that nobody annotated count for neither side."""

import numpy as np

from tests.trainables.metrics.label_images import pairs
from trainables.metrics.scores import f1, score_image
from trainables.metrics.unknown import without_unknown


def test_predicted_cells_with_more_than_half_in_unknown_are_dropped():
    # Unknown are the pixels 4-9. Cell 1 has 4 known and 2 unknown pixels, cell 2 none known,
    # cell 3 has 1 known of 3 (dropped), cell 4 has exactly half (kept).
    true = np.array([[1, 1, 1, 1, -1, -1, -1, -1, -1, -1, 0], [2, 2, 0, 0, -1, -1, 0, 0, 0, 0, 0]])
    predicted = np.array([[1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3], [0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 0]])
    known_true, known_predicted = without_unknown(true.astype(np.int32), predicted.astype(np.int32))
    assert known_true.tolist() == [[1, 1, 1, 1] + [0] * 7, [2, 2] + [0] * 9]
    assert known_predicted.tolist() == [[1, 1, 1, 1] + [0] * 7, [0, 0, 4, 4] + [0] * 7]
    assert known_true.dtype == known_predicted.dtype == np.int32


def test_images_that_are_known_are_not_copied():
    true, predicted = np.eye(4, dtype=np.int32), np.ones((4, 4), np.int32)
    known = without_unknown(true, predicted)
    assert known[0] is true
    assert known[1] is predicted


def test_a_perfect_prediction_of_the_known_cells_is_perfect():
    # The prediction finds the one annotated cell and another where nobody annotated.
    true = np.array([[1, 1, 0, -1, -1, -1]] * 3, np.int32)
    predicted = np.array([[1, 1, 0, 0, 2, 2]] * 3, np.int32)
    assert f1(true, predicted) == 1.0
    score = score_image(true, predicted, sample_id="a", group="b")
    assert (score.f1, score.aji, score.aji_plus, score.dice) == (1.0, 1.0, 1.0, 1.0)
    assert (score.true_cells, score.predicted_cells) == (1, 1)


def test_nothing_annotated_and_nothing_scored():
    unknown = np.full((5, 5), -1, np.int32)
    score = score_image(unknown, np.eye(5, dtype=np.int32), sample_id="a", group="b")
    assert (score.f1, score.true_cells, score.predicted_cells) == (1.0, 0, 0)


def test_what_is_predicted_in_unknown_pixels_does_not_change_the_score():
    rng = np.random.default_rng(13)
    for kind, true, predicted in pairs(seed=14, count=60):
        unknown = rng.random(true.shape) < 0.2
        partly_known = np.where(unknown, -1, true).astype(np.int32)
        shares = {
            label: unknown[predicted == label].mean() for label in np.unique(predicted) if label
        }
        expected = np.where(unknown, 0, predicted)
        for label, share in shares.items():
            if share > 0.5:
                expected[expected == label] = 0
        assert score_image(partly_known, predicted, sample_id="a", group="b") == score_image(
            np.where(unknown, 0, true).astype(np.int32), expected, sample_id="a", group="b"
        ), kind
