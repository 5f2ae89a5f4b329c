import numpy as np
import pytest

from trainables.gan.conditioning import Appearance, condition, draw_appearance, measure, shape_maps

LABELS = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 5, 5, 5, 9, 9, 9],
        [0, 5, 5, 5, 9, 9, 9],
        [0, 5, 5, 5, 9, 9, 9],
        [0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, -1],
    ],
    np.int32,
)
"""Two touching cells; the right one is cut by the edge of the image."""


def test_touching_cells_are_parted_by_boundary() -> None:
    background, interior, boundary, distance = shape_maps(LABELS)
    # Worked out by hand: a pixel is boundary where its 3x3 neighbourhood holds two labels.
    expected_interior = np.zeros(LABELS.shape)
    expected_interior[2, 2] = expected_interior[2, 5] = expected_interior[2, 6] = 1
    np.testing.assert_array_equal(interior, expected_interior)
    np.testing.assert_array_equal(background[5], np.ones(7))
    np.testing.assert_array_equal(background + interior + boundary, np.ones(LABELS.shape))
    assert boundary[2, 3] == boundary[2, 4] == 1
    assert distance[2, 2] == distance[2, 5] == 1
    assert distance[expected_interior == 0].max() == 0


def test_distance_is_one_at_the_deepest_pixel_of_every_cell() -> None:
    labels = np.zeros((30, 40), np.int32)
    labels[2:9, 2:9], labels[10:29, 15:38] = 1, 2
    distance = shape_maps(labels)[3]
    assert distance[labels == 1].max() == distance[labels == 2].max() == 1
    assert 0 < distance[4, 5] < 1


def test_measure_gives_mean_and_deviation_and_leaves_out_unknown_pixels() -> None:
    image = np.zeros((*LABELS.shape, 2), np.float32)
    image[LABELS == 5] = (1, 2)
    image[LABELS == 9] = (3, 4)
    image[2, 2] = (10, 2)  # one of nine pixels: mean 2, variance (8 * 1 + 64) / 9
    image[5, 6] = (100, 100)
    appearance = measure(image, LABELS)
    np.testing.assert_allclose(appearance.background, 0)
    np.testing.assert_allclose(appearance.cells[0], [2, 2, np.sqrt(8), 0], rtol=1e-5)
    np.testing.assert_allclose(appearance.cells[1], [3, 4, 0, 0], atol=1e-3)


def test_without_background_the_darkest_cell_stands_in() -> None:
    labels = np.array([[1, 1, 2, 2]] * 4, np.int32)
    image = labels[..., None].astype(np.float32)
    np.testing.assert_allclose(measure(image, labels).background, [1, 0])


def test_without_any_known_pixel_the_image_stands_in() -> None:
    appearance = measure(np.full((4, 4, 1), 0.5, np.float32), np.full((4, 4), -1, np.int32))
    np.testing.assert_allclose(appearance.background, [0.5, 0])
    assert appearance.cells.shape == (0, 2)


@pytest.mark.parametrize("gap", [0, 40])
def test_condition_fills_each_cell_with_its_colours(gap: int) -> None:
    appearance = Appearance(
        background=np.float32([0.1, 0.2]), cells=np.float32([[0.5, 0.6], [0.7, 0.8]])
    )
    labels = np.where(LABELS == 9, 9 + gap, LABELS).astype(np.int32)
    maps = condition(labels, appearance)
    assert maps.shape == (6, *LABELS.shape)
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps[4:, 2, 2], [0.5, 0.6])
    np.testing.assert_allclose(maps[4:, 2, 5], [0.7, 0.8])
    np.testing.assert_allclose(maps[4:, 0, 0], [0.1, 0.2])
    np.testing.assert_allclose(maps[4:, 5, 6], [0.1, 0.2])


def test_condition_of_a_crop_full_of_cells() -> None:
    appearance = Appearance(background=np.float32([0, 0]), cells=np.float32([[1, 1], [2, 2]]))
    labels = np.array([[3] * 4, [8] * 4] * 2, np.int32)
    np.testing.assert_array_equal(condition(labels, appearance)[4], [[1] * 4, [2] * 4] * 2)


def test_colours_come_from_the_sample_that_is_named() -> None:
    palette = {
        "dark": Appearance(background=np.float32([0, 0]), cells=np.float32([[0.2, 0]])),
        "bright": Appearance(background=np.float32([1, 0]), cells=np.float32([[2, 0], [3, 0]])),
        "empty": Appearance(background=np.float32([5, 0]), cells=np.empty((0, 2), np.float32)),
    }
    rng = np.random.default_rng(0)
    drawn = draw_appearance(palette, count=50, like="bright", rng=rng)
    assert set(drawn.cells[:, 0]) == {2, 3}
    empty = draw_appearance(palette, count=50, like="empty", rng=rng)
    assert empty.background[0] == 5
    assert set(empty.cells[:, 0]) <= {np.float32(0.2), 2, 3}
