"""Instance maps to paint: the annotated ones warped, their cells rearranged, or new ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy import ndimage
from skimage.measure import label as connected_components
from skimage.segmentation import relabel_sequential

from trainables.data.sample import Sample
from trainables.gan.masks.arrange import arrange, cell_shapes
from trainables.gan.masks.simulated import simulate_mask
from trainables.spec.gan_spec import MaskSource

ZOOM = 1.2
"""Masks are scaled by a factor log-uniform in [1 / ZOOM, ZOOM]."""
BEND = 0.03
"""Standard deviation of the elastic displacement, as a share of the side (at most 3 px)."""
BEND_POINTS = 5
"""Points along a side that are displaced at random; a spline joins them."""
SMALLEST_PX = 10
"""Fragments with fewer pixels, cut off by a border or a neighbour, are dropped."""
Rng = np.random.Generator


@dataclass(frozen=True, kw_only=True, slots=True)
class Mask:
    """One instance map and the annotated samples it was made from."""

    labels: np.ndarray
    """int32 [P, P]; 0 background, 1 to n cells."""
    sources: tuple[str, ...]
    """Ids of the annotated samples; the map is made in the manner of the first."""


def draw_masks(
    samples: Sequence[Sample],
    *,
    count: int,
    crop_px: int,
    source: MaskSource,
    rng: np.random.Generator,
) -> list[Mask]:
    """New instance maps in the manner of the annotated ones.

    Each mask is made in the manner of one sample, the source: its sizes, density and share of
    touching cells belong together.

    Args:
        samples: annotated samples; those with cells are drawn equally often, others only where no
            sample has cells.
        count: maps to draw.
        crop_px: side P of the maps.
        source: `annotated` warps crops of the annotated masks; `recomposed` also rearranges their
            cells; `shape_library` arranges cells of all samples; `simulated` makes new cells of
            similar size, elongation, density and touching.
        rng: fixes the maps.
    """
    make = MAKERS[source]
    with_cells = [sample for sample in samples if (sample.labels > 0).any()]
    choices = [SourceMap(sample) for sample in with_cells or samples]
    drawn = [int(rng.integers(len(choices))) for _ in range(count)]
    return [
        Mask(
            labels=_clean(make(choices, place, crop_px, rng)),
            sources=_sources(choices, place, all_help=source == "shape_library"),
        )
        for place in drawn
    ]


class SourceMap:
    """The instance map of one sample, with the properties that many masks need, computed once."""

    def __init__(self, sample: Sample) -> None:
        self.id, self.labels = sample.id, sample.labels

    @cached_property
    def shapes(self) -> list[np.ndarray]:
        """See `cell_shapes`."""
        return cell_shapes(self.labels)

    @cached_property
    def touching(self) -> float:
        """See `touching_share`."""
        return touching_share(self.labels)


def _sources(samples: Sequence[SourceMap], place: int, *, all_help: bool) -> tuple[str, ...]:
    others = [sample.id for n, sample in enumerate(samples) if n != place]
    return (samples[place].id, *(others if all_help else ()))


def touching_share(labels: np.ndarray) -> float:
    """Share of the cells that touch another one; 0 where there is no cell."""
    cells = np.maximum(labels, 0)
    neighbour = ndimage.maximum_filter(cells, 3)
    touching = np.unique(cells[(cells > 0) & (neighbour > cells)])
    touched = np.unique(neighbour[(cells > 0) & (neighbour > cells)])
    count = len(np.unique(cells[cells > 0]))
    return len(np.union1d(touching, touched)) / count if count else 0.0


def _warp(samples: Sequence[SourceMap], place: int, crop_px: int, rng: Rng) -> np.ndarray:
    return _warped(samples[place].labels, crop_px, rng)


def _warped(labels: np.ndarray, crop_px: int, rng: Rng) -> np.ndarray:
    """A crop of the labels: rotated by any angle, flipped, zoomed, bent, mirrored at the edges."""
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
    points = rng.standard_normal((2, BEND_POINTS, BEND_POINTS)) * min(BEND * crop_px, 3.0)
    spline = _spline(crop_px)
    return spline @ points @ spline.T


@cache
def _spline(length: int) -> np.ndarray:
    """float64 [length, points]: what each point adds to a cubic spline, which is linear in them.

    Applied along each side in turn, it makes a smooth surface.
    """
    curves = [
        ndimage.zoom(point, length / BEND_POINTS, order=3, grid_mode=True, mode="grid-mirror")
        for point in np.eye(BEND_POINTS)
    ]
    return np.stack(curves, axis=1)


def _centre(labels: np.ndarray, crop_px: int, rng: np.random.Generator) -> np.ndarray:
    """A point near a cell, float64 [2], around which a crop lies inside the image if it can."""
    cells = np.argwhere(labels > 0)
    anywhere = rng.uniform(0, labels.shape)
    point = cells[int(rng.integers(len(cells)))] if len(cells) else anywhere
    point = point + rng.uniform(-crop_px / 3, crop_px / 3, 2)
    half, size = crop_px / 2, np.array(labels.shape)
    return np.where(size > crop_px, np.clip(point, half, size - half), size / 2)


def _recompose(samples: Sequence[SourceMap], place: int, crop_px: int, rng: Rng) -> np.ndarray:
    """The cells of one mask rearranged, as dense as in a crop of it; where that fails, the crop."""
    return _rearrange(samples[place], samples[place].shapes, crop_px, rng)


def _from_library(samples: Sequence[SourceMap], place: int, crop_px: int, rng: Rng) -> np.ndarray:
    """Cells of all samples, of the sizes that occur in one, as dense as in a crop of it."""
    own = [shape.sum() for shape in samples[place].shapes]
    fitting = [
        shape
        for sample in samples
        for shape in sample.shapes
        if own and min(own) <= shape.sum() <= max(own)
    ]
    return _rearrange(samples[place], fitting, crop_px, rng)


def _simulate(samples: Sequence[SourceMap], place: int, crop_px: int, rng: Rng) -> np.ndarray:
    """Simulated cells that resemble those of one mask; a crop of the mask if it has no cells."""
    labels = samples[place].labels
    if not (labels > 0).any():
        return _warp(samples, place, crop_px, rng)
    return simulate_mask(labels, crop_px=crop_px, touching=samples[place].touching, rng=rng)


def _rearrange(
    sample: SourceMap, shapes: Sequence[np.ndarray], crop_px: int, rng: Rng
) -> np.ndarray:
    template = _warped(sample.labels, crop_px, rng)
    if not shapes:
        return template
    arranged = arrange(
        shapes,
        crop_px=crop_px,
        coverage=float((template > 0).mean()),
        touching=sample.touching,
        rng=rng,
    )
    return template if arranged is None else arranged


def _clean(labels: np.ndarray) -> np.ndarray:
    """Connected cells, numbered from 1, without fragments; unknown pixels become background."""
    pieces = connected_components(np.maximum(labels, 0), connectivity=1)
    sizes = np.bincount(pieces.ravel())
    pieces[sizes[pieces] < SMALLEST_PX] = 0
    return relabel_sequential(pieces)[0].astype(np.int32)


MakeMask = Callable[[Sequence[SourceMap], int, int, Rng], np.ndarray]
"""Makes int32 [P, P] in the manner of the sample at a place; the other samples may help."""

MAKERS: dict[MaskSource, MakeMask] = {
    "annotated": _warp,
    "recomposed": _recompose,
    "shape_library": _from_library,
    "simulated": _simulate,
}
"""Every source there is."""
