"""The condition of a generator: where each cell is, where it ends, and how bright it is.

A binary mask teaches a generator to merge touching cells, so the conditioning shows the boundary
between them and the distance to it. The mean colour and contrast of every cell are given as well:
they differ from cell to cell for reasons that the mask does not show, and a generator that had to
guess them would paint every cell in the average colour.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SHAPE_CHANNELS = 4
"""Background, interior, boundary, distance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Appearance:
    """Mean colour and contrast of the background and of each cell of one image."""

    background: np.ndarray
    """float32 [2C]: mean of each channel, then standard deviation of each channel."""
    cells: np.ndarray
    """float32 [cells, 2C], in the order of the labels."""


Palette = Mapping[str, Appearance]
"""Appearance of each annotated sample, by its id: the source of the painted cells' colours."""


def condition(labels: np.ndarray, appearance: Appearance) -> np.ndarray:
    """The maps from which an image is painted.

    Args:
        labels: int32 [P, P]; unknown pixels (-1) count as background.
        appearance: of the background and of each cell in `labels`.

    Returns:
        float32 [4 + 2C, P, P]: background, interior and boundary (1 where true, else 0), distance
        to the cell's boundary (1 at its deepest pixel, 0 outside cells), then the mean and the
        standard deviation of each channel, constant over each cell and over the background.
    """
    return np.concatenate([shape_maps(labels), _fill(labels, appearance)])


def shape_maps(labels: np.ndarray) -> np.ndarray:
    """float32 [4, P, P]: background, interior, boundary, distance; see `condition`."""
    labels = np.maximum(labels, 0)
    boundary = ndimage.maximum_filter(labels, 3) != ndimage.minimum_filter(labels, 3)
    interior = (labels > 0) & ~boundary
    distance = ndimage.distance_transform_edt(interior)
    deepest = np.ones(labels.max() + 1)
    np.maximum.at(deepest, labels[interior], distance[interior])
    distance /= deepest[labels]
    background = (labels == 0) & ~boundary
    return np.stack([background, interior, boundary, distance]).astype(np.float32)


def measure(image: np.ndarray, labels: np.ndarray) -> Appearance:
    """Mean and standard deviation of the background and of each cell of an image.

    Args:
        image: float32 [H, W, C].
        labels: int32 [H, W]; unknown pixels (-1) are left out.

    Returns:
        Where no pixel is background, the darkest cell stands in for it; where no pixel is known,
        the whole image does.
    """
    values, index = _ranks(labels)
    sizes = np.bincount(index.ravel())[:, None]
    means = _sums(image, index) / sizes
    squares = _sums(image**2, index) / sizes
    spreads = np.sqrt(np.maximum(squares - means**2, 0))
    statistics = np.concatenate([means, spreads], axis=1).astype(np.float32)
    cells = statistics[values > 0]
    return Appearance(background=_background(image, statistics, values), cells=cells)


def draw_appearance(
    palette: Palette, *, count: int, like: str, rng: np.random.Generator
) -> Appearance:
    """Colours for the background and `count` cells, as seen in one annotated sample.

    Args:
        palette: of the annotated samples.
        count: cells to be painted.
        like: id of the sample whose background and cells are taken.
        rng: fixes the choice.
    """
    seen = palette[like]
    cells = seen.cells
    if not len(cells):  # an image without cells says nothing about the colours of cells
        cells = np.concatenate([other.cells for other in palette.values()])
    if not len(cells):
        return Appearance(background=seen.background, cells=np.tile(seen.background, (count, 1)))
    return Appearance(background=seen.background, cells=cells[rng.integers(len(cells), size=count)])


def _fill(labels: np.ndarray, appearance: Appearance) -> np.ndarray:
    """float32 [2C, P, P]: each cell and the background filled with their statistics."""
    values, index = _ranks(np.maximum(labels, 0))
    table = np.concatenate([appearance.background[None], appearance.cells])
    return table[index + (values[0] > 0)].transpose(2, 0, 1)


def _ranks(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`np.unique` with the inverse, by counting instead of sorting: a tenth of the time.

    Returns:
        The labels present, ascending from -1, and the place of each pixel's label among them.
    """
    values = np.flatnonzero(np.bincount(labels.ravel() + 1)) - 1
    places = np.zeros(values[-1] + 2, np.intp)
    places[values + 1] = np.arange(len(values))
    return values, places[labels + 1]


def _sums(image: np.ndarray, index: np.ndarray) -> np.ndarray:
    """float64 [labels, C]: sum of each channel over the pixels of each label."""
    return np.stack(
        [np.bincount(index.ravel(), image[..., c].ravel()) for c in range(image.shape[2])], axis=1
    )


def _background(image: np.ndarray, statistics: np.ndarray, values: np.ndarray) -> np.ndarray:
    if 0 in values:
        return statistics[np.flatnonzero(values == 0)[0]]
    cells = statistics[values > 0]
    if len(cells):
        return cells[cells[:, : image.shape[2]].mean(axis=1).argmin()]
    return statistics[0]
