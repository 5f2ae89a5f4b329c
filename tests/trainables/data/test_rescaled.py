"""Large images are normalised and rescaled by windows, to the same values as whole ones."""

import numpy as np
import pytest

from trainables.data.channels import with_channels
from trainables.data.normalise import normalise, normalised
from trainables.data.rescaled import Rescaled
from trainables.data.scale import rescale_image

WINDOWS = [np.s_[0:40, 0:61], np.s_[13:14, 30:55], np.s_[5:, 17:]]


def photo(height: int, width: int, channels: int = 2) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 4000, (height, width, channels)).astype(np.uint16)


@pytest.mark.parametrize("scale", [0.31, 0.5, 0.83, 1.0, 1.37, 2.0])
@pytest.mark.parametrize("window", WINDOWS)
def test_a_window_equals_that_of_the_whole_rescaled_image(
    scale: float, window: tuple[slice, slice]
) -> None:
    image = normalise(photo(203, 251))
    whole = rescale_image(image, scale)
    lazy = Rescaled(image, scale)
    assert lazy.shape == whole.shape
    np.testing.assert_allclose(lazy[window], whole[window], atol=2e-5)


def test_windows_of_a_lazily_normalised_image_equal_the_whole() -> None:
    pixels = photo(60, 70)
    lazy = normalised(pixels, channels=3)
    whole = with_channels(normalise(pixels), channels=3)
    assert (lazy.shape, lazy.dtype, lazy.ndim) == (whole.shape, whole.dtype, whole.ndim)
    for window in (np.s_[:], np.s_[3:9, 60:], np.s_[::7, ::5]):
        np.testing.assert_array_equal(lazy[window], whole[window])
    np.testing.assert_allclose(
        Rescaled(lazy, 0.7)[5:20, 8:30], rescale_image(whole, 0.7)[5:20, 8:30], atol=2e-5
    )
