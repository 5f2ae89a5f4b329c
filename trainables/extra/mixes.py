"""Cheap controls beside copy-paste: pieces of annotated images put together, or repeated.

A GAN must beat these as well: CutMix (Yun et al. 2019, arXiv:1905.04899) puts a rectangle of one
image into another; ChessMix (Pereira and dos Santos 2021, arXiv:2108.11535) puts small patches of
many images together in a chessboard-like grid, here one per square. Both cut through cells, as the
edge of a crop does.
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from trainables.data.crops import draw_crop
from trainables.data.sample import IGNORED, Provenance, Sample

ZOOM = 1.25
"""Pieces are scaled by a factor in [1 / ZOOM, ZOOM]."""
SQUARES = 4
"""Squares along each side of a ChessMix crop."""
SLIVER_PX = 12
"""Fragments of cells with fewer pixels become unknown: nobody could recognise them as cells."""


def make_mixes(
    samples: Sequence[Sample],
    *,
    kind: str,
    count: int,
    crop_px: int,
    rng: np.random.Generator,
) -> list[Sample]:
    """Crops put together from annotated samples.

    Args:
        samples: annotated samples, at least one, all with the same number of channels.
        kind: one of `MIXES`.
        count: crops to make.
        crop_px: side of the crops.
        rng: fixes the crops.

    Returns:
        `count` samples whose provenance names every sample that contributed pixels.

    Raises:
        ValueError: there is no sample.
    """
    if not samples:
        raise ValueError(f"{kind} needs at least one annotated sample, but got none.")
    return [_make_one(samples, kind, number=n, crop_px=crop_px, rng=rng) for n in range(count)]


def _make_one(
    samples: Sequence[Sample], kind: str, *, number: int, crop_px: int, rng: np.random.Generator
) -> Sample:
    canvas = _Canvas(samples, crop_px=crop_px, rng=rng)
    MIXES[kind](canvas, crop_px, rng)
    return Sample(
        id=f"{kind}_{number}",
        image=canvas.image,
        labels=_without_slivers(canvas.labels),
        group=canvas.sources[0].group,
        provenance=Provenance(
            maker=kind, sources=tuple(sorted({sample.id for sample in canvas.sources}))
        ),
    )


class _Canvas:
    """A crop while it is being put together."""

    def __init__(
        self, samples: Sequence[Sample], *, crop_px: int, rng: np.random.Generator
    ) -> None:
        self.image = np.zeros((crop_px, crop_px, samples[0].image.shape[2]), np.float32)
        self.labels = np.zeros((crop_px, crop_px), np.int32)
        self.sources: list[Sample] = []
        self._samples, self._rng = samples, rng

    def add(self, rows: slice, columns: slice) -> None:
        """Puts a piece of a random sample, turned, flipped and zoomed, into a rectangle."""
        sample = self._samples[int(self._rng.integers(len(self._samples)))]
        height, width = rows.stop - rows.start, columns.stop - columns.start
        image, labels = draw_crop(sample, crop_px=max(height, width), zoom=ZOOM, rng=self._rng)
        labels = np.where(labels > 0, labels + self.labels.max(), labels)
        self.image[rows, columns] = image[:height, :width]
        self.labels[rows, columns] = labels[:height, :width]
        self.sources.append(sample)


def _repeat(canvas: _Canvas, crop_px: int, rng: np.random.Generator) -> None:
    canvas.add(slice(0, crop_px), slice(0, crop_px))


def _cutmix(canvas: _Canvas, crop_px: int, rng: np.random.Generator) -> None:
    """Pastes a square of uniformly drawn area, centred anywhere, clipped at the edge: section 3."""
    _repeat(canvas, crop_px, rng)
    half = crop_px * np.sqrt(rng.random()) / 2
    rows, columns = (
        slice(max(int(centre - half), 0), min(int(centre + half) + 1, crop_px))
        for centre in rng.uniform(0, crop_px, 2)
    )
    canvas.add(rows, columns)


def _chessmix(canvas: _Canvas, crop_px: int, rng: np.random.Generator) -> None:
    """Fills every square of the grid with a piece of its own."""
    edges = [crop_px * n // SQUARES for n in range(SQUARES + 1)]
    sides = [slice(start, stop) for start, stop in itertools.pairwise(edges)]
    for rows in sides:
        for columns in sides:
            canvas.add(rows, columns)


def _without_slivers(labels: np.ndarray) -> np.ndarray:
    """int32 labels in which small fragments of cells are unknown."""
    values, index, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    small = (values > 0) & (sizes < SLIVER_PX)
    return np.where(small, IGNORED, values)[index].reshape(labels.shape).astype(np.int32)


MIXES: dict[str, Callable[[_Canvas, int, np.random.Generator], None]] = {
    "cutmix": _cutmix,
    "chessmix": _chessmix,
    "real_repeated": _repeat,
}
"""Every mix there is, by the name that `ExtraSpec.kind` uses."""
