"""Intensity changes move grey values, never cells."""

import numpy as np
import pytest

from trainables.data.augment import change_intensity


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((32, 40, 2), dtype=np.float32)


def test_strength_zero_changes_nothing(image: np.ndarray) -> None:
    changed = change_intensity(image, strength=0.0, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(changed, image)


def test_shape_and_type_are_kept_and_the_input_is_untouched(image: np.ndarray) -> None:
    before = image.copy()
    changed = change_intensity(image, strength=1.0, rng=np.random.default_rng(0))
    assert (changed.shape, changed.dtype) == (image.shape, np.float32)
    assert np.isfinite(changed).all()
    np.testing.assert_array_equal(image, before)


def test_a_stronger_change_moves_the_values_further(image: np.ndarray) -> None:
    def moved(strength: float) -> float:
        return float(
            np.mean(
                [
                    np.abs(
                        change_intensity(image, strength=strength, rng=np.random.default_rng(seed))
                        - image
                    ).mean()
                    for seed in range(50)
                ]
            )
        )

    assert 0 < moved(0.1) < 0.5 * moved(0.5) < moved(1.0)


def test_values_below_zero_stay_finite(image: np.ndarray) -> None:
    for seed in range(20):
        changed = change_intensity(image - 0.5, strength=1.0, rng=np.random.default_rng(seed))
        assert np.isfinite(changed).all()


def test_bright_cells_stay_brighter_than_dark_ground_and_where_they_are() -> None:
    image = np.zeros((64, 64, 1), np.float32)
    image[20:40, 10:30] = 1
    for seed in range(30):
        changed = change_intensity(image, strength=0.5, rng=np.random.default_rng(seed))
        inside, outside = changed[24:36, 14:26].mean(), changed[:, 40:].mean()
        assert inside - outside > 0.5
        assert changed[30, 2:7].mean() - outside < 0.2


def test_the_change_is_fixed_by_its_generator(image: np.ndarray) -> None:
    first, again, other = (
        change_intensity(image, strength=0.3, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
