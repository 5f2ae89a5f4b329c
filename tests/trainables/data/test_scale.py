"""Cells of any size come to the working size, and labels find their way back."""

import numpy as np
import pytest

from trainables.data.sample import Sample
from trainables.data.scale import (
    diameters_px,
    labels_to_shape,
    rescale,
    rescale_image,
    working_scale,
)


def sample_with_squares(side_px: int, *, count: int = 3) -> Sample:
    """`count` square cells of `side_px`, equivalent diameter 1.128 * side_px."""
    labels = np.zeros((side_px + 4, count * (side_px + 4)), np.int32)
    for n in range(count):
        labels[2 : 2 + side_px, 2 + n * (side_px + 4) :][:, :side_px] = n + 1
    image = (labels > 0).astype(np.float32)[..., None]
    return Sample(id="squares", image=image, labels=labels, group="squares")


def test_diameters_are_those_of_circles_with_the_same_area() -> None:
    labels = np.array([[0, 1, 1, -1], [7, 1, 1, -1], [0, 0, 0, -1]], np.int32)
    # Label 1 has 4 pixels: 2 * sqrt(4 / pi) = 2.2568; label 7 has 1 pixel: 1.1284.
    np.testing.assert_allclose(diameters_px(labels), [2.2568, 1.1284], atol=1e-4)


@pytest.mark.parametrize(
    ("side_px", "expected"),
    [(20, 1.0), (7, 16 / (7 * 1.1284)), (60, 32 / (60 * 1.1284))],
)
def test_the_median_cell_is_brought_into_the_range(side_px: int, expected: float) -> None:
    scale = working_scale([sample_with_squares(side_px)], smallest_px=16, largest_px=32)
    assert scale == pytest.approx(expected, rel=1e-4)


def test_the_median_runs_over_cells_not_images() -> None:
    samples = [sample_with_squares(60, count=1), sample_with_squares(20, count=5)]
    assert working_scale(samples, smallest_px=16, largest_px=32) == 1.0


def test_without_cells_the_scale_is_one() -> None:
    empty = Sample(
        id="empty",
        image=np.zeros((9, 9, 1), np.float32),
        labels=np.full((9, 9), -1, np.int32),
        group="empty",
    )
    assert working_scale([empty], smallest_px=16, largest_px=32) == 1.0
    assert working_scale([], smallest_px=16, largest_px=32) == 1.0


@pytest.mark.parametrize("scale", [0.4, 0.77, 1.9])
def test_image_and_labels_are_rescaled_alike(scale: float) -> None:
    sample = sample_with_squares(30)
    scaled = rescale(sample, scale)
    assert scaled.image.dtype == np.float32
    assert scaled.labels.dtype == np.int32
    assert scaled.labels.shape == tuple(round(side * scale) for side in sample.labels.shape)
    assert diameters_px(scaled.labels) == pytest.approx(
        diameters_px(sample.labels) * scale, rel=0.1
    )
    differs = (scaled.image[..., 0] > 0.5) != (scaled.labels > 0)
    assert differs.mean() < 0.1


def test_unknown_pixels_stay_unknown() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[:20] = -1
    sample = Sample(id="a", image=np.zeros((40, 40, 2), np.float32), labels=labels, group="a")
    assert (rescale(sample, 0.5).labels == -1).mean() == 0.5


def test_shrinking_averages_instead_of_picking_pixels() -> None:
    """A checkerboard of 0 and 1 becomes grey, not a pattern that is not there (aliasing)."""
    board = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float32)[..., None]
    small = rescale_image(board, 0.3)
    assert np.abs(small[2:-2, 2:-2] - 0.5).max() < 0.1


def test_scale_one_is_free() -> None:
    sample = sample_with_squares(10)
    assert rescale(sample, 1.0) is sample
    assert rescale_image(sample.image, 1.0) is sample.image


def test_labels_come_back_to_the_shape_of_the_image() -> None:
    labels = np.array([[1, 2], [0, 3]], np.int32)
    expected = [[1, 1, 2, 2], [1, 1, 2, 2], [0, 0, 3, 3], [0, 0, 3, 3]]
    np.testing.assert_array_equal(labels_to_shape(labels, (4, 4)), expected)
    np.testing.assert_array_equal(labels_to_shape(np.array(expected, np.int32), (2, 2)), labels)


def test_labels_survive_the_way_there_and_back() -> None:
    sample = sample_with_squares(30)
    back = labels_to_shape(rescale(sample, 0.6).labels, sample.labels.shape)
    assert (back == sample.labels).mean() > 0.95
