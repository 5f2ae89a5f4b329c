"""Each cell of a prediction has one kind, worked out by hand."""

import numpy as np

from reports.figures.mistakes import mistakes


def labels(text: str) -> np.ndarray:
    return np.array([[int(digit) for digit in row] for row in text.split()], np.int32)


def test_every_kind_by_hand():
    # True: 1 found, 2 missed, 3 split into 3 and 4, 5 and 6 melted into 5; predicted 9 invented.
    true = labels("1100022 1100022 3333000 3333000 0005566 0005566")
    predicted = labels("1100000 1100000 3344000 3344009 0005555 0005555")
    found = mistakes(true, predicted)
    assert found.found.tolist() == [1]
    assert found.missed.tolist() == [2]
    assert found.split.tolist() == [3]
    assert found.merged.tolist() == [5]
    assert found.invented.tolist() == [9]


def test_nothing_predicted_and_nothing_there():
    true, empty = labels("110 110"), np.zeros((2, 3), np.int32)
    assert mistakes(true, empty).missed.tolist() == [1]
    assert mistakes(empty, true).invented.tolist() == [1]
    assert mistakes(empty, empty).found.tolist() == []


def test_unknown_pixels_are_no_mistake():
    true = labels("110 110")
    true[true == 0] = -1
    assert mistakes(true, labels("112 112")).invented.tolist() == []
