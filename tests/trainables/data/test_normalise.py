"""Images of any depth come to one scale."""

import numpy as np
import pytest

from trainables.data.normalise import normalise

RAMP = np.arange(1001, dtype=np.float64).reshape(7, 143)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32", "float64"])
def test_percentiles_become_0_and_1(dtype: str) -> None:
    scaled = normalise(RAMP.astype(dtype))
    assert scaled.dtype == np.float32
    assert scaled.shape == (7, 143, 1)
    # Of 0..1000 the 1st and 99.8th percentiles are 10 and 998.
    assert scaled.ravel()[10] == pytest.approx(0, abs=1e-6)
    assert scaled.ravel()[998] == pytest.approx(1, abs=1e-6)
    assert scaled.max() > 1  # not clipped


def test_channels_are_scaled_on_their_own() -> None:
    both = np.stack([RAMP, 5 * RAMP + 300], axis=2)
    scaled = normalise(both)
    np.testing.assert_allclose(scaled[:, :, 0], scaled[:, :, 1], atol=1e-6)


def test_constant_images_become_0() -> None:
    assert (normalise(np.full((8, 9, 3), 77, np.uint8)) == 0).all()


def test_a_single_bright_spot_is_kept() -> None:
    image = np.zeros((100, 100), np.uint8)
    image[50, 50] = 9
    assert normalise(image).max() == 1


def test_large_images_are_sampled() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 1000, (2400, 2500), dtype=np.uint16)
    exact = np.percentile(image, (1, 99.8))
    scaled = normalise(image)
    assert np.percentile(scaled, 1) == pytest.approx(0, abs=0.005)
    assert scaled[0, 0, 0] == pytest.approx((image[0, 0] - exact[0]) / np.ptp(exact), abs=0.01)


def test_large_offsets_keep_small_differences() -> None:
    image = (RAMP + 2**30).astype(np.int64)
    assert len(np.unique(normalise(image))) == 1001


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[H, W\]"):
        normalise(np.zeros((2, 3, 4, 5)))
