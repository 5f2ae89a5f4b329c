import numpy as np
import pytest

from trainables.gan.pools.fidelity import covered_share, fidelity, kernel_distance, nearest_distance


def test_kernel_distance_of_a_few_numbers_by_hand() -> None:
    """With D = 1, k(x, y) = (x y + 1)^3; x = {0, 1}, y = {0, 2}.

    Within x: k(0, 1) = 1; within y: k(0, 2) = 1; across: 1, 1, 1, 27, mean 7.5.
    """
    x, y = np.array([[0.0], [1.0]]), np.array([[0.0], [2.0]])
    assert kernel_distance(x, y) == pytest.approx(1 + 1 - 2 * 7.5)


def test_kernel_distance_is_unbiased_and_sees_a_shift() -> None:
    rng = np.random.default_rng(0)
    same = [kernel_distance(rng.normal(size=(20, 8)), rng.normal(size=(20, 8))) for _ in range(300)]
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(300)
    shifted = kernel_distance(rng.normal(size=(20, 8)), rng.normal(1, 1, size=(20, 8)))
    assert shifted > np.quantile(same, 0.99)


def test_half_samples_cover_no_difference_at_about_the_promised_rate() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(60):
        images = rng.normal(size=(3, 40, 2, 2, 1)).astype(np.float32)
        found = fidelity(*images, rng, features=flat, rescale=True)
        covered += found["kid_low"] <= 0 <= found["kid_high"]
    assert covered >= 50


def test_copies_are_nearer_than_new_images() -> None:
    rng = np.random.default_rng(2)
    training, validation = rng.normal(size=(2, 30, 4, 4, 1)).astype(np.float32)
    copies = training + rng.normal(0, 0.01, training.shape).astype(np.float32)
    found = fidelity(training, validation, copies, rng, features=flat, rescale=True)
    assert found["nearest_synthetic"] < 0.1 * found["nearest_validation"]


def test_missing_images_give_nan() -> None:
    training = np.random.default_rng(3).normal(size=(10, 4, 4, 1)).astype(np.float32)
    nothing = np.empty((0,), np.float32)
    found = fidelity(
        training, nothing, nothing, np.random.default_rng(0), features=flat, rescale=True
    )
    assert all(np.isnan(value) for value in found.values())


def test_nearest_distance_by_hand() -> None:
    assert nearest_distance(np.array([[0.0], [10.0]]), np.array([[1.0], [7.0]])) == 2.0


def flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float64)


def test_reach_is_that_of_the_third_neighbour() -> None:
    """{0, 1, 2, 3}: each reaches to its farthest, by 3, 2, 2 and 3; so -2 and 6 are within reach
    and 7 is not."""
    by = np.arange(4.0)[:, None]
    assert covered_share(np.array([[-2.0], [6.0], [7.0]]), by=by) == pytest.approx(2 / 3)
    assert np.isnan(covered_share(by, by=by[:3]))


def test_one_image_again_and_again_is_precise_but_recalls_little() -> None:
    rng = np.random.default_rng(4)
    training, validation = rng.normal(size=(2, 30, 4, 4, 1)).astype(np.float32)
    same = np.repeat(training[:1], 30, axis=0) + rng.normal(0, 0.01, training.shape)
    found = fidelity(
        training, validation, same.astype(np.float32), rng, features=flat, rescale=True
    )
    assert found["precision"] == 1.0
    assert found["recall"] < 0.1
