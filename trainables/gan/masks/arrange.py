"""Places cells, given by their shapes, on empty ground: as dense and as often touching as asked."""

from collections.abc import Sequence

import numpy as np
from scipy import fft, ndimage

ZOOM = 1.2
"""Zoom of cells that were seen before, so that they do not look quite the same again."""
OVERLAP = 0.1
"""Largest share of a cell that others may hide."""
REACHED = 0.8
"""Share of the coverage that must be reached; see `arrange`."""
NEAR_PX = 2
"""A cell this close to another one lies against it."""
TRIES = 3
"""Cells tried for each one that the coverage should take."""


def arrange(
    shapes: Sequence[np.ndarray],
    *,
    crop_px: int,
    coverage: float,
    touching: float,
    rng: np.random.Generator,
    zoom: float = ZOOM,
) -> np.ndarray | None:
    """Cells on a square, also across its edges.

    Args:
        shapes: bool [h, w] of each cell, at least one.
        crop_px: side P of the square.
        coverage: share of the square to be covered, in [0, 1].
        touching: share of the cells that are placed against another one.
        rng: fixes the result.
        zoom: cells are scaled by a factor log-uniform in [1 / zoom, zoom] along each axis.

    Returns:
        int32 [P, P] labels; None where the cells do not come near the coverage: in a closed layer
        of cells there is no room to rearrange them.
    """
    margin = max(max(shape.shape) for shape in shapes) // 2
    side = crop_px + 2 * margin
    canvas = _fill(
        shapes,
        np.zeros((side, side), np.int32),
        area=coverage * side**2,
        touching=touching,
        rng=rng,
        zoom=zoom,
    )
    if (canvas > 0).mean() < REACHED * coverage:
        return None
    return canvas[margin : margin + crop_px, margin : margin + crop_px]


def placed_share(touching: float) -> float:
    """Share of cells to place against another one so that a share `touching` of all touch one.

    The others are touched as well: with a share p placed so, 1 - (1 - p) exp(-p) touch, where each
    of them has chosen its neighbour at random.
    """
    placed = np.linspace(0, 1, 101)
    return float(np.interp(touching, 1 - (1 - placed) * np.exp(-placed), placed))


def cell_shapes(labels: np.ndarray) -> list[np.ndarray]:
    """bool [h, w] of each whole cell; cells cut by the edge only where there are no others."""
    boxes = [
        (n, box) for n, box in enumerate(ndimage.find_objects(np.maximum(labels, 0)), 1) if box
    ]
    whole = [
        (n, box)
        for n, box in boxes
        if all(s.start > 0 and s.stop < length for s, length in zip(box, labels.shape, strict=True))
    ]
    return [labels[box] == n for n, box in whole or boxes]


def _fill(
    shapes: Sequence[np.ndarray],
    canvas: np.ndarray,
    *,
    area: float,
    touching: float,
    rng: np.random.Generator,
    zoom: float,
) -> np.ndarray:
    """Places cells beneath those already there until they cover `area` pixels, in place."""
    needed = area / np.mean([shape.sum() for shape in shapes])
    covered = 0
    near = np.pad(canvas > 0, NEAR_PX)
    for label in range(1, int(TRIES * needed) + 2):
        if covered >= area:
            break
        shape = _vary(shapes[int(rng.integers(len(shapes)))], rng, zoom=zoom)
        touch = rng.random() < touching
        place = _place(shape, canvas > 0, near=_inner(near), touch=touch, rng=rng)
        if place is None:
            continue
        window = tuple(slice(s, s + n) for s, n in zip(place, shape.shape, strict=True))
        visible = shape & (canvas[window] == 0)
        canvas[window][visible] = label
        around = tuple(slice(s.start, s.stop + 2 * NEAR_PX) for s in window)
        near[around] |= ndimage.binary_dilation(np.pad(visible, NEAR_PX), iterations=NEAR_PX)
        covered += int(visible.sum())
    return canvas


def _inner(near: np.ndarray) -> np.ndarray:
    """The map without the rim that lets cells reach beyond the edge."""
    return near[NEAR_PX:-NEAR_PX, NEAR_PX:-NEAR_PX]


def _vary(shape: np.ndarray, rng: np.random.Generator, *, zoom: float) -> np.ndarray:
    """The cell rotated, mirrored, and a little larger or smaller."""
    turned = ndimage.rotate(shape.astype(np.float32), rng.uniform(0, 360), order=1, reshape=True)
    zoomed = ndimage.zoom(turned, zoom ** rng.uniform(-1, 1, 2), order=1) > 0.5
    return zoomed[::-1] if rng.integers(2) else zoomed


def _place(
    shape: np.ndarray,
    taken: np.ndarray,
    *,
    near: np.ndarray,
    touch: bool,
    rng: np.random.Generator,
) -> tuple[int, int] | None:
    """A random top left corner where the cell has room; None if there is none."""
    if not shape.any() or any(m > t for m, t in zip(shape.shape, taken.shape, strict=True)):
        return None
    beside = _overlap(shape, near) > 0
    wanted = ~beside
    if touch:
        touching = beside & (_overlap(shape, taken) <= OVERLAP * shape.sum())
        wanted = touching if touching.any() else ~beside
    places = np.flatnonzero(wanted)
    if not len(places):
        return None
    row, column = np.unravel_index(places[int(rng.integers(len(places)))], wanted.shape)
    return int(row), int(column)


def _overlap(shape: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Taken pixels beneath the cell, for every place at which it lies inside."""
    size = [fft.next_fast_len(length, real=True) for length in taken.shape]
    beneath = fft.rfft2(taken.astype(np.float32), size)
    beneath *= fft.rfft2(shape.astype(np.float32), size).conj()
    inside = tuple(slice(t - s + 1) for t, s in zip(taken.shape, shape.shape, strict=True))
    return fft.irfft2(beneath, size)[inside].round()
