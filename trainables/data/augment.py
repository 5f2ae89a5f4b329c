"""Random changes of intensity: the same cells under another lamp, camera and focus."""

import numpy as np
from scipy.ndimage import gaussian_filter

BLUR_SHARE = 0.3
"""Share of crops that are blurred."""


def change_intensity(image: np.ndarray, *, strength: float, rng: np.random.Generator) -> np.ndarray:
    """The image with another brightness, contrast, gamma, focus and noise.

    Args:
        image: float32 [H, W, C], approximately in [0, 1].
        strength: 0 changes nothing, 1 changes strongly (contrast by a factor of up to 2).
        rng: fixes the change.

    Returns:
        float32 [H, W, C], not clipped.
    """
    if strength == 0:
        return image
    changed = _gamma(image, exponent=2.0 ** rng.uniform(-strength, strength))
    changed = _contrast(changed, strength=strength, rng=rng)
    if rng.random() < BLUR_SHARE:
        sigma_px = 2 * strength * rng.random()
        changed = gaussian_filter(changed, sigma=(sigma_px, sigma_px, 0), truncate=3)
    noise_std = 0.2 * strength * rng.random() ** 2  # mostly little noise, sometimes a lot
    return changed + np.float32(noise_std) * rng.standard_normal(image.shape, np.float32)


def _gamma(image: np.ndarray, *, exponent: float) -> np.ndarray:
    """Power law that keeps 0 and 1, and the sign of the few values below 0."""
    return np.copysign(np.abs(image) ** np.float32(exponent), image)


def _contrast(image: np.ndarray, *, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Contrast about the mean, and brightness: one change for all channels, a smaller one each."""
    channels = image.shape[2]
    draws = rng.uniform(-1, 1) + rng.uniform(-0.3, 0.3, channels)
    gain = np.exp2(strength * draws).astype(np.float32)
    offset = 0.3 * strength * (rng.uniform(-1, 1) + rng.uniform(-0.3, 0.3, channels))
    mean = np.array([image[..., c].mean() for c in range(channels)])
    shift = np.asarray(mean - mean * gain + offset, np.float32)
    changed = np.empty_like(image)
    for c in range(channels):  # four times faster than broadcasting along so short an axis
        np.multiply(image[..., c], gain[c], out=changed[..., c])
        changed[..., c] += shift[c]
    return changed
