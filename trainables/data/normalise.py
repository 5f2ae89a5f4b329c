"""Brings images of any bit depth to one scale."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trainables.data.bands import bands
from trainables.data.channels import with_channels

LOW_PERCENT, HIGH_PERCENT = 1.0, 99.8
"""Percentiles that become 0 and 1; StarDist's defaults."""
ENOUGH_PX = 1_000_000
"""Images of at least four times this many pixels have their percentiles taken on a regular grid of
at least this many; smaller images on all pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """An image normalised on access: no float32 copy of the whole is made.

    It offers what code that reads windows needs of an array: shape, dtype and basic slices.
    """

    pixels: np.ndarray = field(repr=False)
    """[H, W, c] as the file has it."""
    ranges: tuple[tuple[float, float], ...]
    """What becomes 0 and 1, for each of the c channels, or of those that they are reduced to."""
    channels: int
    """Channels shown: see `with_channels`. Fewer than c are produced before scaling."""

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
        part = with_channels(self.pixels[window], channels=len(self.ranges))
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
    """As `normalise`, but nothing is scaled before it is accessed.

    Args:
        image: as in `normalise`.
        channels: how many to show, see `with_channels`; 0 shows all. Where fewer are shown, as
            when colour becomes grey, percentiles are taken of what is shown.
    """
    if image.ndim not in (2, 3):
        raise ValueError(f"An image must be [H, W] or [H, W, C], but got {list(image.shape)}.")
    pixels = image[:, :, np.newaxis] if image.ndim == 2 else image
    own = pixels.shape[2]
    return Normalised(pixels, _ranges(pixels, min(own, channels or own)), channels or own)


def _scale(channel: np.ndarray, low: float, high: float, *, out: np.ndarray) -> None:
    width = high - low
    if width <= 0:
        out[:] = 0
        return
    # The shift is made at full precision: float32 cannot tell large neighbouring values apart.
    shifted = np.subtract(channel, low, dtype=_exact(channel.dtype))
    np.divide(shifted, width, out=out, casting="unsafe")


def _ranges(pixels: np.ndarray, channels: int) -> tuple[tuple[float, float], ...]:
    """Low and high percentile of each of the channels that [H, W, c] is reduced to."""
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / ENOUGH_PX)))
    some = with_channels(pixels[::step, ::step], channels=channels)
    limits = np.percentile(some, (LOW_PERCENT, HIGH_PERCENT), axis=(0, 1))
    return tuple(
        (float(low), float(high)) if high > low else _extremes(pixels, index, channels)
        for index, (low, high) in enumerate(limits.T)
    )


def _extremes(pixels: np.ndarray, index: int, channels: int) -> tuple[float, float]:
    """Lowest and highest value of a channel whose pixels are nearly all equal."""
    shown = (with_channels(band, channels=channels)[:, :, index] for band in bands(pixels))
    found = [(band.min(), band.max()) for band in shown]
    return float(min(low for low, _ in found)), float(max(high for _, high in found))


def _exact(dtype: np.dtype) -> type[np.floating]:
    """float32 holds 8 and 16 bit integers exactly, wider types need float64."""
    return np.float32 if np.dtype(dtype).itemsize <= 2 else np.float64
