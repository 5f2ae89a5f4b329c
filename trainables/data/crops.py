"""The square crops that every segmenter and GAN is trained on."""

import numpy as np

from trainables.data.interpolate import interpolate
from trainables.data.sample import IGNORED, Sample

CELL_SHARE = 0.9
"""Share of crops placed near an annotated cell; the rest lies anywhere, to show background too."""
POINTS_TRIED = 256
"""Random pixels probed to find a cell, which is cheap as no whole image is read."""


def draw_crop(
    sample: Sample, *, crop_px: int, zoom: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A random square of a sample: position, zoom, flip and quarter turns; no intensity change.

    A sample smaller than the crop is mirrored at its edges; there the labels are unknown.

    Args:
        sample: only the part under the crop is read, so its arrays may be memory-mapped.
        crop_px: side P of the crop.
        zoom: the crop is enlarged by a factor log-uniform in [1 / zoom, zoom].
        rng: fixes the crop.

    Returns:
        float32 [P, P, C] (linear interpolation) and int32 [P, P] (nearest neighbour).
    """
    factor = float(np.exp(rng.uniform(-1, 1) * np.log(zoom)))
    window_px = crop_px / factor
    centre = draw_centre(sample.labels, window_px=window_px, rng=rng)
    steps = (np.arange(crop_px) + 0.5) / factor - 0.5
    rows, columns = (
        steps + _start(middle, window_px=window_px, length=length, rng=rng)
        for middle, length in zip(centre, sample.labels.shape, strict=True)
    )
    return _turn(
        interpolate(sample.image, rows, columns), _nearest(sample.labels, rows, columns), rng=rng
    )


def draw_centre(
    labels: np.ndarray, *, window_px: float, rng: np.random.Generator
) -> tuple[float, float]:
    """A random pixel, mostly one not far from a cell."""
    height, width = labels.shape
    rows = rng.integers(height, size=POINTS_TRIED)
    columns = rng.integers(width, size=POINTS_TRIED)
    cells = np.flatnonzero(labels[rows, columns] > 0)
    if rng.random() >= CELL_SHARE or not len(cells):
        return float(rows[0]), float(columns[0])
    away = rng.uniform(-window_px / 3, window_px / 3, size=2)
    return float(rows[cells[0]] + away[0]), float(columns[cells[0]] + away[1])


def _start(centre: float, *, window_px: float, length: int, rng: np.random.Generator) -> float:
    """Where a window around `centre` starts, moved inside the image as far as it fits."""
    room = length - window_px
    if room <= 0:
        return float(rng.uniform(room, 0))
    return float(np.clip(centre - window_px / 2, 0, room))


def _nearest(labels: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Labels at the grid of fractional rows and columns, unknown beyond the edges."""
    rows, columns = np.rint(rows).astype(np.intp), np.rint(columns).astype(np.intp)
    inside_rows = (rows >= 0) & (rows < labels.shape[0])
    inside_columns = (columns >= 0) & (columns < labels.shape[1])
    found = np.full((len(rows), len(columns)), IGNORED, np.int32)
    found[np.ix_(inside_rows, inside_columns)] = labels[
        np.ix_(rows[inside_rows], columns[inside_columns])
    ]
    return found


def _turn(
    image: np.ndarray, labels: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One of the eight flips and quarter turns of the square, the same for both."""
    turns, flip = int(rng.integers(4)), bool(rng.integers(2))
    image, labels = np.rot90(image, turns), np.rot90(labels, turns)
    return (image[::-1], labels[::-1]) if flip else (image, labels)
