"""Instance maps to paint: the annotated ones warped, or their cells rearranged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.signal import fftconvolve
from skimage.measure import label as connected_components
from skimage.segmentation import relabel_sequential

from trainables.data.sample import Sample
from trainables.spec import MaskSource

ZOOM = 1.2
"""Masks and single cells are enlarged by a factor log-uniform in [1 / ZOOM, ZOOM]."""
BEND = 0.03
"""Standard deviation of the elastic displacement, as a share of the side (at most 3 px)."""
SMALLEST_PX = 10
"""Fragments with fewer pixels, cut off by a border or a neighbour, are dropped."""
OVERLAP = 0.1
"""Largest share of a rearranged cell that may lie hidden beneath others."""
REACHED = 0.8
"""Share of the coverage that rearranged cells must reach; see `_recompose`."""
TRIES = 3
"""Cells tried for each one that the coverage should need."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mask:
    """One instance map and the annotated sample it was made from."""

    labels: np.ndarray
    """int32 [P, P]; 0 background, 1 to n cells."""
    source: str
    """Id of the annotated sample."""


def draw_masks(
    samples: Sequence[Sample],
    *,
    count: int,
    crop_px: int,
    source: MaskSource,
    rng: np.random.Generator,
) -> list[Mask]:
    """New instance maps in the manner of the annotated ones.

    Cells of different samples are never mixed: sizes and shapes of one image belong together.

    Args:
        samples: annotated samples; samples with cells are drawn equally often, others never
            unless there are no cells at all.
        count: maps to draw.
        crop_px: side P of the maps.
        source: `annotated` warps crops of the annotated masks; `recomposed` also rearranges their
            cells, at the density and with the share of touching cells of the annotated mask.
        rng: fixes the maps.
    """
    make = MAKERS[source]
    choices = [sample for sample in samples if (sample.labels > 0).any()] or list(samples)
    drawn = [choices[int(rng.integers(len(choices)))] for _ in range(count)]
    return [
        Mask(labels=_clean(make(sample.labels, crop_px, rng)), source=sample.id) for sample in drawn
    ]


def touching_share(labels: np.ndarray) -> float:
    """Share of the cells that touch another one; 0 where there is no cell."""
    cells = np.maximum(labels, 0)
    neighbour = ndimage.maximum_filter(cells, 3)
    touching = np.unique(cells[(cells > 0) & (neighbour > cells)])
    touched = np.unique(neighbour[(cells > 0) & (neighbour > cells)])
    count = len(np.unique(cells[cells > 0]))
    return len(np.union1d(touching, touched)) / count if count else 0.0


def _warp(labels: np.ndarray, crop_px: int, rng: np.random.Generator) -> np.ndarray:
    """A crop of the labels: turned by any angle, flipped, zoomed, bent, mirrored at the edges."""
    angle, flip = rng.uniform(0, 2 * np.pi), rng.choice([-1, 1])
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine * flip], [sine, cosine * flip]]) / ZOOM ** rng.uniform(-1, 1)
    steps = np.arange(crop_px) - (crop_px - 1) / 2
    grid = np.stack(np.meshgrid(steps, steps, indexing="ij")) + _bend(crop_px, rng)
    centre = _centre(labels, crop_px, rng)
    at = np.einsum("ij,jhw->ihw", turn, grid) + centre[:, None, None]
    return ndimage.map_coordinates(labels, at, order=0, mode="mirror")


def _bend(crop_px: int, rng: np.random.Generator) -> np.ndarray:
    """float64 [2, P, P]: a smooth displacement in pixels.

    Source: Simard et al. 2003, "Best Practices for Convolutional Neural Networks".
    """
    coarse = rng.standard_normal((2, 5, 5)) * min(BEND * crop_px, 3.0)
    return ndimage.zoom(
        coarse, (1, crop_px / 5, crop_px / 5), order=3, grid_mode=True, mode="grid-mirror"
    )


def _centre(labels: np.ndarray, crop_px: int, rng: np.random.Generator) -> np.ndarray:
    """A point near a cell, float64 [2], around which a crop lies inside the image if it can."""
    cells = np.argwhere(labels > 0)
    anywhere = rng.uniform(0, labels.shape)
    point = cells[int(rng.integers(len(cells)))] if len(cells) else anywhere
    point = point + rng.uniform(-crop_px / 3, crop_px / 3, 2)
    half, size = crop_px / 2, np.array(labels.shape)
    return np.where(size > crop_px, np.clip(point, half, size - half), size / 2)


def _recompose(labels: np.ndarray, crop_px: int, rng: np.random.Generator) -> np.ndarray:
    """The cells of one mask on new ground, as dense as in a crop of it.

    In a closed layer of cells there is no room to rearrange them; where they do not come near the
    coverage, the crop itself is the result.
    """
    template = _warp(labels, crop_px, rng)
    shapes = cell_shapes(labels)
    if not shapes:
        return template
    coverage = float((template > 0).mean())
    margin = max(max(shape.shape) for shape in shapes) // 2
    side = crop_px + 2 * margin  # cells may lie across the edge of the crop
    canvas = _fill(
        shapes,
        np.zeros((side, side), np.int32),
        area=coverage * side**2,
        touching=touching_share(labels),
        rng=rng,
    )
    composed = canvas[margin : margin + crop_px, margin : margin + crop_px]
    return composed if (canvas > 0).mean() >= REACHED * coverage else template


def cell_shapes(labels: np.ndarray) -> list[np.ndarray]:
    """bool [h, w] of each whole cell; of those cut by the edge only where there is no other."""
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
) -> np.ndarray:
    """Places cells beneath those already there until they cover `area` pixels, in place."""
    needed = area / np.mean([shape.sum() for shape in shapes])
    covered = 0
    for label in range(1, int(TRIES * needed) + 2):
        if covered >= area:
            break
        shape = _vary(shapes[int(rng.integers(len(shapes)))], rng)
        place = _place(shape, canvas > 0, touch=rng.random() < touching, rng=rng)
        if place is None:
            continue
        window = tuple(slice(s, s + n) for s, n in zip(place, shape.shape, strict=True))
        visible = shape & (canvas[window] == 0)
        canvas[window][visible] = label
        covered += int(visible.sum())
    return canvas


def _vary(shape: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The cell turned, mirrored, and a little larger or smaller."""
    turned = ndimage.rotate(shape.astype(np.float32), rng.uniform(0, 360), order=1, reshape=True)
    zoomed = ndimage.zoom(turned, ZOOM ** rng.uniform(-1, 1, 2), order=1) > 0.5
    return zoomed[::-1] if rng.integers(2) else zoomed


def _place(
    shape: np.ndarray, taken: np.ndarray, *, touch: bool, rng: np.random.Generator
) -> tuple[int, int] | None:
    """A random top left corner where the cell finds room; None if there is none."""
    if not shape.any() or any(m > t for m, t in zip(shape.shape, taken.shape, strict=True)):
        return None
    hidden = _overlap(shape, taken)
    beside = _overlap(shape, ndimage.binary_dilation(taken, iterations=2)) > 0.5
    wanted = (hidden <= OVERLAP * shape.sum()) & beside if touch else ~beside
    places = np.flatnonzero(wanted)
    if not len(places):
        return None if not touch else _place(shape, taken, touch=False, rng=rng)
    row, column = np.unravel_index(places[int(rng.integers(len(places)))], wanted.shape)
    return int(row), int(column)


def _overlap(shape: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Taken pixels beneath the cell, for every place at which it lies inside."""
    return fftconvolve(taken.astype(np.float32), shape[::-1, ::-1].astype(np.float32), mode="valid")


def _clean(labels: np.ndarray) -> np.ndarray:
    """Connected cells, numbered from 1, without fragments; unknown pixels become background."""
    pieces = connected_components(np.maximum(labels, 0), connectivity=1)
    sizes = np.bincount(pieces.ravel())
    pieces[sizes[pieces] < SMALLEST_PX] = 0
    return relabel_sequential(pieces)[0].astype(np.int32)


MAKERS: dict[MaskSource, Callable[[np.ndarray, int, np.random.Generator], np.ndarray]] = {
    "annotated": _warp,
    "recomposed": _recompose,
}
"""Every source there is: each makes int32 [P, P] from int32 [H, W] labels."""
