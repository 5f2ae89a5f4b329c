"""Brings images of any bit depth to one scale."""

import numpy as np

LOW_PERCENT, HIGH_PERCENT = 1.0, 99.8
"""Percentiles that become 0 and 1; StarDist's defaults."""
ENOUGH_PX = 1_000_000
"""Percentiles of larger images are taken on a regular grid of at least this many pixels / 4."""


def normalise(image: np.ndarray) -> np.ndarray:
    """Scales each channel so that its 1st and 99.8th percentiles become 0 and 1.

    Args:
        image: [H, W] or [H, W, C] of any numeric dtype, finite.

    Returns:
        float32 [H, W, C], not clipped; a channel that is constant becomes 0 everywhere.

    Raises:
        ValueError: the array has another number of dimensions.
    """
    if image.ndim not in (2, 3):
        raise ValueError(f"An image must be [H, W] or [H, W, C], but got {list(image.shape)}.")
    channels = image[:, :, np.newaxis] if image.ndim == 2 else image
    scaled = np.empty(channels.shape, np.float32)
    for index in range(channels.shape[2]):
        low, high = _range(channels[:, :, index])
        width = high - low
        if width <= 0:
            scaled[:, :, index] = 0
            continue
        # The shift is made at full precision: float32 cannot tell large neighbouring values apart.
        shifted = np.subtract(channels[:, :, index], low, dtype=_exact(image.dtype))
        np.divide(shifted, width, out=scaled[:, :, index], casting="unsafe")
    return scaled


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
