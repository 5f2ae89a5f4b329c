"""Brings images of any bit depth to one scale."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trainables.data.channels import with_channels

LOW_PERCENT, HIGH_PERCENT = 1.0, 99.8
"""Percentiles that become 0 and 1; StarDist's defaults."""
ENOUGH_PX = 1_000_000
"""Percentiles of images of four times as many pixels and more are taken on a regular grid of at
least so many of them; those of smaller images on all."""


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """An image that is normalised where it is looked at: no float32 copy of the whole is made.

    Has of an array what code needs that reads windows: shape, dtype and basic slices.
    """

    pixels: np.ndarray = field(repr=False)
    """[H, W, c] as the file has it."""
    ranges: tuple[tuple[float, float], ...]
    """What becomes 0 and 1, for each of the c channels."""
    channels: int
    """Channels shown, at least c: see `with_channels`."""

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.pixels.shape[0], self.pixels.shape[1], self.channels)

    @property
    def ndim(self) -> int:
        return 3

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(np.float32)

    def __getitem__(self, window: Any) -> np.ndarray:
        """float32 [h, w, channels] of slices of rows and columns."""
        part = self.pixels[window]
        scaled = np.empty(part.shape, np.float32)
        for index, (low, high) in enumerate(self.ranges):
            _scale(part[:, :, index], low, high, out=scaled[:, :, index])
        return with_channels(scaled, channels=self.channels)


def normalise(image: np.ndarray) -> np.ndarray:
    """Scales each channel so that its 1st and 99.8th percentiles become 0 and 1.

    Args:
        image: [H, W] or [H, W, C] of any numeric dtype, finite.

    Returns:
        float32 [H, W, C], not clipped; a channel that is constant becomes 0 everywhere.

    Raises:
        ValueError: the array has another number of dimensions.
    """
    return normalised(image)[:]


def normalised(image: np.ndarray, *, channels: int = 0) -> Normalised:
    """As `normalise`, but nothing is scaled before it is looked at.

    Args:
        image: as in `normalise`.
        channels: how many to show, see `with_channels`; 0 shows those there are.
    """
    if image.ndim not in (2, 3):
        raise ValueError(f"An image must be [H, W] or [H, W, C], but got {list(image.shape)}.")
    pixels = image[:, :, np.newaxis] if image.ndim == 2 else image
    ranges = tuple(_range(pixels[:, :, index]) for index in range(pixels.shape[2]))
    return Normalised(pixels, ranges, channels or pixels.shape[2])


def _scale(channel: np.ndarray, low: float, high: float, *, out: np.ndarray) -> None:
    width = high - low
    if width <= 0:
        out[:] = 0
        return
    # The shift is made at full precision: float32 cannot tell large neighbouring values apart.
    shifted = np.subtract(channel, low, dtype=_exact(channel.dtype))
    np.divide(shifted, width, out=out, casting="unsafe")


def _range(channel: np.ndarray) -> tuple[float, float]:
    """Low and high percentile; the extremes where nearly all pixels have the same value."""
    step = max(1, int(np.sqrt(channel.size / ENOUGH_PX)))
    low, high = np.percentile(channel[::step, ::step], (LOW_PERCENT, HIGH_PERCENT))
    if high > low:
        return float(low), float(high)
    return float(channel.min()), float(channel.max())


def _exact(dtype: np.dtype) -> type[np.floating]:
    """float32 holds 8 and 16 bit integers exactly, wider types need float64."""
    return np.float32 if np.dtype(dtype).itemsize <= 2 else np.float64
