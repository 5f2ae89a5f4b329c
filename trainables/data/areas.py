"""How large the cells of an image are."""

import numpy as np

from trainables.data.bands import BAND_PX, bands

COUNTABLE_LABEL = 50_000_000
"""Up to this label areas are counted in one array; beyond it, by sorting."""


def cell_areas(labels: np.ndarray) -> np.ndarray:
    """Area in pixels of every cell in int32 [H, W] labels; background and unknown excluded."""
    highest = int(labels.max(initial=0))
    if highest > COUNTABLE_LABEL:
        return np.unique(labels[labels > 0], return_counts=True)[1]
    areas = np.zeros(highest + 1, np.int64)
    for band in bands(labels, px=max(BAND_PX, highest)):
        areas += np.bincount(np.maximum(band, 0).ravel(), minlength=highest + 1)
    areas[0] = 0
    return areas[areas > 0]


def diameters_of_areas_px(areas_px: np.ndarray) -> np.ndarray:
    """float64 [cells]: diameters of the circles that have these areas."""
    diameters_px: np.ndarray = np.sqrt(4 * areas_px / np.pi)
    return diameters_px


def median_diameter_px(areas_px: np.ndarray) -> float:
    """Median over cells of the diameter of a circle of the same area; NaN without cells."""
    return float(np.median(diameters_of_areas_px(areas_px))) if areas_px.size else float("nan")
