"""Cells as interior and boundary pixels, and back from their probabilities to labels."""

import numpy as np
from scipy import ndimage
from skimage.measure import label
from skimage.segmentation import watershed

from trainables.data.sample import IGNORED

BACKGROUND, INTERIOR, BOUNDARY = 0, 1, 2
CLASSES = 3
SPLIT_UP_TO = 0.8
"""Interiors that are connected at this probability are one cell."""
LEVEL = 0.1
"""Step in which the threshold rises while interiors are split."""


def class_targets(labels: np.ndarray, *, boundary_px: int) -> np.ndarray:
    """The class of each pixel: background, a cell's interior, or a cell's boundary.

    The boundary lies inside the cell, along the background and along other cells alike, so that
    interior and boundary together are the whole cell. The edge of the image and unknown pixels
    are no boundary: nobody knows whether the cell ends there.

    Args:
        labels: int32 [N, H, W]; 0 background, positive cells, -1 unknown.
        boundary_px: thickness of the boundary, in pixels.

    Returns:
        int64 [N, H, W] of 0, 1, 2, and -1 where the label is unknown.
    """
    window = (1, 2 * boundary_px + 1, 2 * boundary_px + 1)
    known = labels != IGNORED
    highest = ndimage.maximum_filter(labels, window, mode="nearest")
    lowest = ndimage.minimum_filter(
        np.where(known, labels, np.iinfo(labels.dtype).max), window, mode="nearest"
    )
    cells = labels > 0
    targets = np.zeros(labels.shape, np.int64)
    targets[cells] = INTERIOR
    targets[cells & (highest != lowest)] = BOUNDARY
    targets[~known] = IGNORED
    return targets


def decode_watershed(
    interior: np.ndarray,
    foreground: np.ndarray,
    *,
    smoothing_px: float,
    interior_threshold: float,
    foreground_threshold: float,
    smallest_px: float,
) -> np.ndarray:
    """Labels from probabilities: each connected interior is a cell, grown over the foreground.

    Where the network is unsure of a boundary, the interiors of two touching cells are connected
    at one threshold and separate at a higher one; so interiors are split as the threshold
    rises. Foreground without any interior is a cell too, one too thin to have an interior.

    Args:
        interior: float [H, W], probability of a cell's interior, in [0, 1].
        foreground: float [H, W], probability of interior or boundary, in [0, 1].
        smoothing_px: standard deviation of the Gaussian that smooths `interior`, so that texture
            does not shatter large cells; 0 for none.
        interior_threshold: pixels above it belong to the interiors, which tell cells apart.
        foreground_threshold: pixels above it belong to cells.
        smallest_px: cells with fewer pixels are dropped, as are interiors with fewer than a
            quarter of that.

    Returns:
        int32 [H, W], 0 background, cells numbered from 1.

    Sources: interior, boundary and background as classes, Caicedo et al. 2019
    (doi:10.1002/cyto.a.23863); marker-controlled watershed, Meyer and Beucher 1990.
    """
    mask = foreground > foreground_threshold
    interior = ndimage.gaussian_filter(interior.astype(np.float32), smoothing_px)
    seeds = _interiors(mask & (interior > interior_threshold), smallest_px)
    for level in np.arange(interior_threshold + LEVEL, SPLIT_UP_TO + LEVEL / 2, LEVEL):
        seeds = _split(seeds, _interiors(mask & (interior > level), smallest_px))
    seeds = _seed_the_rest(seeds, mask)
    labels = watershed(-interior, seeds, mask=mask)
    return _drop_small(labels, smallest_px)


def _interiors(mask: np.ndarray, smallest_px: float) -> np.ndarray:
    return _drop_small(label(mask, connectivity=1), smallest_px / 4)


def _split(seeds: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Replaces each seed that holds two or more parts by these parts.

    Args:
        seeds: int32 [H, W].
        parts: int32 [H, W], numbered from 1; each lies in one seed.
    """
    owners = np.zeros(parts.max() + 1, np.int64)
    owners[parts] = seeds
    held = np.bincount(owners[1:], minlength=seeds.max() + 1)
    replaced = np.where(parts > 0, parts + seeds.max(), 0)
    return np.where((held >= 2)[seeds], replaced, seeds)


def _seed_the_rest(seeds: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Makes each connected part of the mask that holds no seed one seed as a whole."""
    parts = label(mask, connectivity=1)
    seeded = np.zeros(parts.max() + 1, bool)
    seeded[parts[seeds > 0]] = True
    seeded[0] = True  # the background needs no seed
    return np.where(seeded[parts], seeds, parts + seeds.max())


def _drop_small(labels: np.ndarray, smallest_px: float) -> np.ndarray:
    """Removes labels with fewer pixels, and renumbers the rest from 1."""
    sizes = np.bincount(labels.ravel())
    stay = sizes >= smallest_px
    stay[0] = False
    return np.where(stay, np.cumsum(stay), 0).astype(np.int32)[labels]
