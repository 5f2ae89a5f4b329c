import numpy as np
import pytest
from skimage.draw import disk

from trainables.networks.instances import class_targets, decode_watershed

SETTING = {
    "smoothing_px": 0.0,
    "interior_threshold": 0.5,
    "foreground_threshold": 0.5,
    "smallest_px": 3.0,
}


def perfect(labels, *, boundary_px=1):
    """Interior and foreground as a network would give them that makes no mistake."""
    targets = class_targets(labels[None], boundary_px=boundary_px)[0]
    return (targets == 1).astype(np.float32), (targets > 0).astype(np.float32)


def test_the_boundary_lies_inside_along_background_and_neighbours_and_not_at_the_image_edge():
    labels = np.array(
        [
            [1, 1, 1, 0, 0, 0, 0],
            [1, 1, 1, 0, 0, 0, 0],
            [1, 1, 1, 2, 2, 2, 2],
            [1, 1, 1, 2, 2, 2, 2],
            [1, 1, 1, 2, 2, 2, 2],
        ],
        np.int32,
    )
    expected = [
        [1, 1, 2, 0, 0, 0, 0],
        [1, 1, 2, 0, 0, 0, 0],
        [1, 1, 2, 2, 2, 2, 2],
        [1, 1, 2, 2, 1, 1, 1],
        [1, 1, 2, 2, 1, 1, 1],
    ]
    assert class_targets(labels[None], boundary_px=1)[0].tolist() == expected


def test_unknown_pixels_are_ignored_and_make_no_boundary():
    labels = np.array([[-1, 1, 1, 1, 0], [-1, 1, 1, 1, 0]], np.int32)
    expected = [[-1, 1, 1, 2, 0], [-1, 1, 1, 2, 0]]
    assert class_targets(labels[None], boundary_px=1)[0].tolist() == expected


def test_a_thicker_boundary_reaches_further_in():
    labels = np.array([[0, 1, 1, 1, 1, 1]] * 2, np.int32)
    assert class_targets(labels[None], boundary_px=2)[0][0].tolist() == [0, 2, 2, 1, 1, 1]


def test_the_images_of_a_batch_do_not_touch():
    labels = np.stack([np.zeros((4, 4), np.int32), np.ones((4, 4), np.int32)])
    targets = class_targets(labels, boundary_px=1)
    assert (targets[0] == 0).all()
    assert (targets[1] == 1).all()


@pytest.mark.parametrize("boundary_px", [1, 2])
def test_touching_cells_come_back_apart_and_at_full_size(boundary_px):
    labels = np.zeros((40, 60), np.int32)
    labels[5:35, 5:30] = 1
    labels[5:35, 30:55] = 2
    interior, foreground = perfect(labels, boundary_px=boundary_px)
    assert (decode_watershed(interior, foreground, **SETTING) == labels).all()


def test_a_long_curved_cell_stays_in_one_piece():
    rows, columns = np.mgrid[:100, :100]
    radius = np.hypot(rows, columns)
    labels = ((radius > 60) & (radius < 70)).astype(np.int32)
    interior, foreground = perfect(labels)
    assert (decode_watershed(interior, foreground, **SETTING) == labels).all()


def test_a_cell_too_thin_for_an_interior_is_kept():
    labels = np.zeros((10, 20), np.int32)
    labels[4:6, 3:17] = 1
    interior, foreground = perfect(labels)
    assert interior.sum() == 0
    assert (decode_watershed(interior, foreground, **SETTING) == labels).all()


def test_small_cells_are_dropped_and_the_rest_numbered_from_one():
    labels = np.zeros((30, 30), np.int32)
    labels[0:2, 0:2] = 1
    labels[disk((15, 15), 8)] = 2
    decoded = decode_watershed(*perfect(labels), **SETTING | {"smallest_px": 20.0})
    assert (decoded == (labels == 2)).all()


def test_an_empty_image_has_no_cell():
    nothing = np.zeros((12, 9), np.float16)
    decoded = decode_watershed(nothing, nothing, **SETTING)
    assert decoded.dtype == np.int32
    assert decoded.shape == (12, 9)
    assert not decoded.any()


def test_a_full_image_is_one_cell():
    everything = np.ones((12, 9), np.float16)
    assert (decode_watershed(everything, everything, **SETTING) == 1).all()


def test_speckles_in_the_interior_do_not_shatter_a_cell():
    labels = np.zeros((40, 40), np.int32)
    labels[disk((20, 20), 15)] = 1
    interior, foreground = perfect(labels)
    interior[14:27, 14:27] = 0
    interior[20, 20] = 1
    decoded = decode_watershed(interior, foreground, **SETTING | {"smallest_px": 20.0})
    assert (decoded == labels).all()


def test_interiors_that_hang_together_are_split_where_the_threshold_rises():
    labels = np.zeros((30, 50), np.int32)
    labels[5:25, 5:25] = 1
    labels[5:25, 25:45] = 2
    interior, foreground = perfect(labels)
    interior[12:18, 24:26] = 0.65  # the network is unsure of this part of the boundary
    assert (decode_watershed(interior, foreground, **SETTING) == labels).all()
    interior[12:18, 24:26] = 0.85  # sure that it is none
    assert (decode_watershed(interior, foreground, **SETTING) == (labels > 0)).all()


def test_smoothing_keeps_texture_from_shattering_a_cell():
    labels = np.zeros((60, 60), np.int32)
    labels[disk((30, 30), 25)] = 1
    interior, foreground = perfect(labels)
    interior[:, 20:40:10] = 0  # streaks that look like a boundary
    assert decode_watershed(interior, foreground, **SETTING).max() == 3
    smoothed = decode_watershed(interior, foreground, **SETTING | {"smoothing_px": 2.0})
    assert (smoothed == labels).all()


def test_a_dim_cell_beside_a_bright_one_is_no_victim_of_splitting():
    labels = np.zeros((30, 60), np.int32)
    labels[5:25, 3:23] = 1
    labels[5:25, 33:53] = 2
    interior, foreground = perfect(labels)
    interior[labels == 2] *= 0.6  # disappears before the threshold has risen
    assert (decode_watershed(interior, foreground, **SETTING) == labels).all()
