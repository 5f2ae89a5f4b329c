"""Textures: smooth random fields, from grains of chromatin to clouds of background."""

import numpy as np


def noise_field(size_px: int, *, grain_px: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth random field with grains of one size.

    Args:
        size_px: side of the square.
        grain_px: distance between the knots of the field; its bright places are about that wide.
        rng: fixes the field.

    Returns:
        float32 [size_px, size_px] of normally distributed values with mean 0 and deviation 1.
    """
    knots = int(np.ceil(size_px / grain_px)) + 4
    at = np.arange(size_px) / grain_px + rng.random() + 1
    distance = np.abs(at[:, None] - np.arange(knots))
    near, far = 2 / 3 - distance**2 + distance**3 / 2, np.clip(2 - distance, 0, None) ** 3 / 6
    weights = np.where(distance < 1, near, far)  # cubic B-spline
    weights = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
    return weights @ rng.standard_normal((knots, knots), np.float32) @ weights.T


def clouds(
    size_px: int, *, grain_px: float, rng: np.random.Generator, octaves: int = 3
) -> np.ndarray:
    """Noise fields of halving grain and weight, added up (Perlin 1985): tissue, dirt, haze.

    Args:
        size_px: side of the square.
        grain_px: grain of the coarsest field.
        rng: fixes the field.
        octaves: number of fields.

    Returns:
        float32 [size_px, size_px], mean 0 and deviation 1 on average.
    """
    weights = 0.6 ** np.arange(octaves)
    fields = (
        np.float32(weight) * noise_field(size_px, grain_px=max(grain_px / 2**n, 1.0), rng=rng)
        for n, weight in enumerate(weights)
    )
    total = np.zeros((size_px, size_px), np.float32)
    for field in fields:
        total += field
    return total / np.float32(np.linalg.norm(weights))
