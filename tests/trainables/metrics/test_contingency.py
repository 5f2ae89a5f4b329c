"""The table of shared pixels: by hand, against counting pixel by pixel, and its refusals."""

import numpy as np
import pytest

from tests.trainables.metrics.label_images import pairs, tissue
from trainables.metrics import contingency
from trainables.metrics.contingency import tabulate


def test_table_by_hand():
    # Cell 7 has 6 pixels: 4 are predicted as cell 2, 1 as cell 9, 1 as background.
    # Cell 3 has 3 pixels, all predicted as cell 9, which has one more on background.
    true = np.array([[7, 7, 7, 0], [7, 7, 7, 0], [3, 3, 3, 0]], np.int32)
    predicted = np.array([[2, 2, 0, 0], [2, 2, 9, 9], [9, 9, 9, 0]], np.int32)
    table = tabulate(true, predicted)
    assert table.true_labels.tolist() == [3, 7]
    assert table.predicted_labels.tolist() == [2, 9]
    assert table.true_px.tolist() == [3, 6]
    assert table.predicted_px.tolist() == [4, 5]
    pairs_of_labels = zip(
        table.true_labels[table.true_index],
        table.predicted_labels[table.predicted_index],
        table.shared_px,
        strict=True,
    )
    assert [tuple(map(int, pair)) for pair in pairs_of_labels] == [(3, 9, 3), (7, 2, 4), (7, 9, 1)]
    assert table.union_px.tolist() == [5, 6, 10]
    assert table.iou.tolist() == [3 / 5, 4 / 6, 1 / 10]


def test_dropped_cells_become_background_and_areas_stay():
    true = np.array([[1, 1, 2, 2, 3, 3]], np.int32)
    predicted = np.array([[1, 2, 2, 2, 3, 3]], np.int32)
    table = tabulate(true, predicted).keep(
        true=np.array([False, True, True]), predicted=np.array([True, True, True])
    )
    assert table.true_labels.tolist() == [2, 3]
    assert table.predicted_px.tolist() == [1, 3, 2]
    assert table.true_index.tolist() == [0, 1]
    assert table.predicted_index.tolist() == [1, 2]
    assert table.shared_px.tolist() == [2, 2]


def test_table_equals_counting_pixel_by_pixel():
    for kind, true, predicted in pairs(seed=4, count=120):
        expected: dict[tuple[int, int], int] = {}
        for pair in zip(true.ravel().tolist(), predicted.ravel().tolist(), strict=True):
            expected[pair] = expected.get(pair, 0) + 1
        table = tabulate(true, predicted)
        keys = zip(
            table.true_labels[table.true_index].tolist(),
            table.predicted_labels[table.predicted_index].tolist(),
            strict=True,
        )
        found = dict(zip(keys, table.shared_px.tolist(), strict=True))
        assert found == {pair: px for pair, px in expected.items() if all(pair)}, kind
        for labels, px, image in (
            (table.true_labels, table.true_px, true),
            (table.predicted_labels, table.predicted_px, predicted),
        ):
            assert px.tolist() == [int((image == label).sum()) for label in labels], kind


@pytest.mark.parametrize("pixels_per_band", [1, 7, 64, 10_000])
def test_the_bands_do_not_show(monkeypatch, pixels_per_band):
    rng = np.random.default_rng(5)
    true, predicted = (tissue(rng, (23, 17), cells=9) for _ in range(2))
    expected = tabulate(true, predicted)
    monkeypatch.setattr(contingency, "PIXELS_PER_BAND", pixels_per_band)
    found = tabulate(true, predicted)
    for name in ("true_px", "predicted_px", "true_index", "predicted_index", "shared_px"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64, np.uint64])
def test_any_integers_that_are_no_views_of_whole_arrays(dtype):
    rng = np.random.default_rng(6)
    true, predicted = (tissue(rng, (20, 30), cells=9).astype(dtype) for _ in range(2))
    expected = tabulate(true[::2, ::3].copy(), predicted[::2, ::3].copy())
    found = tabulate(true[::2, ::3], predicted[::2, ::3])
    np.testing.assert_array_equal(found.shared_px, expected.shared_px)


def test_largest_labels():
    largest = np.iinfo(np.int32).max
    labels = np.array([[largest, largest - 1, 0]], np.int32)
    assert tabulate(labels, labels).true_labels.tolist() == [largest - 1, largest]


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1)])
def test_images_without_cells_make_an_empty_table(shape):
    table = tabulate(np.zeros(shape, np.int32), np.zeros(shape, np.int32))
    assert len(table.true_labels) == len(table.predicted_labels) == len(table.shared_px) == 0


def test_refuses_what_is_no_pair_of_label_images():
    labels = np.zeros((4, 5), np.int32)
    with pytest.raises(ValueError, match=r"same shape, but got \[4, 5\] and \[5, 4\]"):
        tabulate(labels, labels.T)
    with pytest.raises(ValueError, match=r"True labels must be integers .* float64"):
        tabulate(labels.astype(float), labels)
    with pytest.raises(ValueError, match=r"Predicted labels must be integers .* bool"):
        tabulate(labels, labels.astype(bool))
    with pytest.raises(ValueError, match=r"\[1, 4, 5\]"):
        tabulate(labels[None], labels[None])
    with pytest.raises(ValueError, match=r"Predicted labels must be from 0 to 2147483647.*got -1"):
        tabulate(labels, labels - 1)
    with pytest.raises(ValueError, match="got 0 to 4294967296"):
        tabulate(np.array([[0, 2**32]]), np.array([[0, 1]]))
