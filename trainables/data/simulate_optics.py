"""Simulated cells, third step: what lamp, lens and camera make of the scene."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter


@dataclass(frozen=True, kw_only=True, slots=True)
class Microscope:
    """What the images of one well have in common."""

    blur_px: float
    """Standard deviation of the lens's point spread, in pixels."""
    photons: float
    """Photons counted at a pixel of brightness 1: few mean much noise."""
    read_noise: float
    """Standard deviation of the camera's own noise, as a share of brightness 1."""
    unevenness: float
    """Loss of light in the darkest corner, as a share."""


def expose(scene: np.ndarray, *, microscope: Microscope, rng: np.random.Generator) -> np.ndarray:
    """The scene as the camera records it.

    Args:
        scene: float32 [H, W, C], 0 black, 1 bright.
        microscope: blur, noise and unevenness of the light.
        rng: fixes the noise, and where the light is brightest.

    Returns:
        float32 [H, W, C].
    """
    blurred = gaussian_filter(scene, (microscope.blur_px, microscope.blur_px, 0), truncate=3)
    lit = np.clip(blurred, 0, None) * _light(scene.shape[:2], microscope, rng=rng)[..., None]
    counted = rng.poisson(lit * microscope.photons) / microscope.photons
    noise = microscope.read_noise * rng.standard_normal(scene.shape, np.float32)
    return counted.astype(np.float32) + noise


def _light(
    shape: tuple[int, ...], microscope: Microscope, *, rng: np.random.Generator
) -> np.ndarray:
    """Falls off with the squared distance from a bright place, as vignetting does."""
    y, x = (np.linspace(-1, 1, side) - rng.uniform(-0.6, 0.6) for side in shape)
    distance = y[:, None] ** 2 + x**2
    return 1 - microscope.unevenness * distance / distance.max()


def normalise(image: np.ndarray) -> np.ndarray:
    """The image with the 1st and 99.8th percentile of each channel at 0 and 1, as real ones."""
    low, high = np.percentile(image, (1, 99.8), axis=(0, 1))
    return ((image - low) / np.maximum(high - low, 1e-6)).astype(np.float32)
