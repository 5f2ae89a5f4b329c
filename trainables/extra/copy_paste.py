"""Copy-paste: new training images from annotated cells pasted onto annotated images.

The cheap control that a GAN must beat. Source: Ghiasi et al. 2021, "Simple Copy-Paste is a
Strong Data Augmentation Method for Instance Segmentation" (arXiv:2012.07177). As there, cells of
one image, with flips and scale jitter, are pasted onto another with a softened edge. Fitted to
microscopy: cells are rotated by any angle, keep their halo, have their brightness shifted to match
the background they land on, and are placed on free ground, touching other cells half of the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import (
    affine_transform,
    binary_dilation,
    distance_transform_edt,
    find_objects,
    gaussian_filter,
)
from scipy.ndimage import label as connected_components
from scipy.signal import fftconvolve

from trainables.data.crops import draw_crop
from trainables.data.sample import Provenance, Sample

CROP_ZOOM = 1.25
"""Crops are scaled by a factor in [1 / CROP_ZOOM, CROP_ZOOM], and pasted cells once more."""
RIM_SHARE = 0.2
"""Width of the rim that is pasted with a cell, as a share of its diameter: it holds the halo,
bright and wide in phase contrast, and is where the edge is blended."""
NARROWEST_PX, WIDEST_PX = 2, 16
"""Bounds of that width."""
MARGIN_PX = 4
"""Margin cut out beyond twice the rim, from which a cell's original background is measured."""
OVERLAP = 0.1
"""Largest share of a pasted cell that other cells may hide."""
TOUCHING_SHARE = 0.5
"""Share of cells pasted so that they touch another cell, where there is room."""

_Place = tuple[int, tuple[slice, ...]]
"""A cell of a sample: its label and the box around it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cutout:
    """One cell with a narrow margin of its surroundings."""

    image: np.ndarray
    """float32 [h, w, C]; 0 is the background around the cell."""
    mask: np.ndarray
    """bool [h, w], the cell."""
    foreign: np.ndarray
    """bool [h, w], neighbouring cells and unknown pixels, which must not be pasted."""


def make_copy_paste(
    samples: Sequence[Sample], *, count: int, crop_px: int, rng: np.random.Generator
) -> list[Sample]:
    """Synthetic crops: annotated crops with cells of annotated images pasted in.

    Args:
        samples: annotated samples, at least one, all with the same number of channels.
        count: crops to make.
        crop_px: side of the crops; a little above the crops of the training leaves these room
            to be moved and zoomed.
        rng: fixes the crops.

    Returns:
        `count` samples whose provenance names the sample below and the source of the cells.
        Where no cell is annotated they are plain crops.

    Raises:
        ValueError: there is no sample.
    """
    if not samples:
        raise ValueError("Copy-paste needs at least one annotated sample, but got none.")
    cells = [_find_cells(sample) for sample in samples]
    return [_make_one(samples, cells, number=n, crop_px=crop_px, rng=rng) for n in range(count)]


def _make_one(
    samples: Sequence[Sample],
    cells: Sequence[Sequence[_Place]],
    *,
    number: int,
    crop_px: int,
    rng: np.random.Generator,
) -> Sample:
    ground = samples[int(rng.integers(len(samples)))]
    with_cells = [n for n, places in enumerate(cells) if places]
    source = with_cells[int(rng.integers(len(with_cells)))] if with_cells else None
    image, labels = draw_crop(ground, crop_px=crop_px, zoom=CROP_ZOOM, rng=rng)
    image, labels = image.copy(), labels.copy()
    if source is not None:
        _paste_some(image, labels, samples[source], cells[source], rng=rng)
    origins = {ground.id} if source is None else {ground.id, samples[source].id}
    return Sample(
        id=f"copy_paste_{number}",
        image=image,
        labels=labels,
        group=ground.group,
        provenance=Provenance(maker="copy_paste", sources=tuple(sorted(origins))),
    )


def _find_cells(sample: Sample) -> list[_Place]:
    """All whole cells of a sample; cells cut by its edge only where there are no others."""
    boxes = enumerate(find_objects(np.maximum(sample.labels, 0)), start=1)
    found = [(label, box) for label, box in boxes if box is not None]
    whole = [(label, box) for label, box in found if not _at_edge(box, sample.labels.shape)]
    return whole or found


def _at_edge(box: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    return any(
        side.start == 0 or side.stop == length for side, length in zip(box, shape, strict=True)
    )


def _cut(sample: Sample, label: int, box: tuple[slice, ...]) -> _Cutout:
    margin = 2 * _rim_px(sample.labels[box] == label) + MARGIN_PX
    window = tuple(slice(max(side.start - margin, 0), side.stop + margin) for side in box)
    image, labels = sample.image[window], sample.labels[window]
    return _Cutout(
        image=image - _background(image, labels == 0),
        mask=labels == label,
        foreign=(labels != label) & (labels != 0),
    )


def _rim_px(mask: np.ndarray) -> int:
    """Width of the rim that is pasted with a cell bool [h, w]."""
    diameter_px = 2 * np.sqrt(mask.sum() / np.pi)
    return int(np.clip(round(RIM_SHARE * diameter_px), NARROWEST_PX, WIDEST_PX))


def _background(image: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Median of the background pixels, float32 [C]; 0 where cells leave no background."""
    if not free.any():
        return np.zeros(image.shape[2], np.float32)
    return np.median(image[free], axis=0)


def _paste_some(
    image: np.ndarray,
    labels: np.ndarray,
    source: Sample,
    places: Sequence[_Place],
    *,
    rng: np.random.Generator,
) -> None:
    """Pastes 1 to n cells in place, n being the number already in the crop, but at least 3."""
    present = len(np.unique(labels[labels > 0]))
    next_label = int(labels.max()) + 1
    for label in range(next_label, next_label + int(rng.integers(1, max(present, 3) + 1))):
        cutout = _vary(_cut(source, *places[int(rng.integers(len(places)))]), rng=rng)
        place = _find_place(cutout.mask, labels != 0, rng=rng)
        if place is not None:
            _paste(image, labels, cutout, place=place, label=label)


def _vary(cutout: _Cutout, *, rng: np.random.Generator) -> _Cutout:
    """The cell turned by a random angle, mirrored or not, and a little larger or smaller."""
    angle = rng.uniform(0, 2 * np.pi)
    zoom = CROP_ZOOM ** rng.uniform(-1, 1)
    mirror = np.diag([1, rng.choice([-1, 1])])
    cosine, sine = np.cos(angle), np.sin(angle)
    back = mirror @ np.array([[cosine, -sine], [sine, cosine]]) / zoom
    shape = np.array(cutout.mask.shape)
    side = int(np.ceil(np.hypot(*shape) * zoom))
    offset = (shape - 1) / 2 - back @ np.full(2, (side - 1) / 2)

    def move(plane: np.ndarray, outside: str) -> np.ndarray:
        return affine_transform(
            plane.astype(np.float32), back, offset, (side, side), order=1, mode=outside
        )

    channels = [move(cutout.image[..., c], "nearest") for c in range(cutout.image.shape[2])]
    return _trimmed(
        _Cutout(
            image=np.stack(channels, axis=2),
            mask=move(cutout.mask, "constant") > 0.5,
            foreign=move(cutout.foreign, "constant") > 0.1,
        )
    )


def _trimmed(cutout: _Cutout) -> _Cutout:
    """The cell with its rim alone, so that it fits wherever the crop has room for it."""
    rim_px = _rim_px(cutout.mask)
    found = find_objects(cutout.mask.astype(np.uint8))
    if not found:
        return cutout
    box = tuple(slice(max(side.start - rim_px, 0), side.stop + rim_px) for side in found[0])
    return _Cutout(image=cutout.image[box], mask=cutout.mask[box], foreign=cutout.foreign[box])


def _find_place(
    mask: np.ndarray, taken: np.ndarray, *, rng: np.random.Generator
) -> tuple[int, int] | None:
    """Top left corner at which other cells hide little of the cell; None if there is none."""
    if not mask.any() or any(m > t for m, t in zip(mask.shape, taken.shape, strict=True)):
        return None
    free = _overlap(mask, taken) <= OVERLAP * mask.sum()
    touching = free & (_overlap(binary_dilation(mask), taken) > 0.5)
    wanted = touching if rng.random() < TOUCHING_SHARE and touching.any() else free
    places = np.flatnonzero(wanted)
    if not len(places):
        return None
    row, column = np.unravel_index(places[int(rng.integers(len(places)))], wanted.shape)
    return int(row), int(column)


def _overlap(mask: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Taken pixels beneath the mask, for every place at which it lies inside the image."""
    return fftconvolve(taken.astype(np.float32), mask[::-1, ::-1].astype(np.float32), mode="valid")


def _paste(
    image: np.ndarray, labels: np.ndarray, cutout: _Cutout, *, place: tuple[int, int], label: int
) -> None:
    """Pastes the cell beneath existing cells, matched to the local brightness, in place."""
    window = tuple(
        slice(start, start + side) for start, side in zip(place, cutout.mask.shape, strict=True)
    )
    below, below_labels = image[window], labels[window]
    free = below_labels == 0
    visible = _largest_piece(cutout.mask & free)
    rim_px = _rim_px(cutout.mask)
    near = distance_transform_edt(~cutout.mask) <= rim_px
    reach = near & free & ~cutout.foreign & ~(cutout.mask & ~visible)
    weight = gaussian_filter((reach | visible).astype(np.float32), max(rim_px / 4, 1)) * free
    pasted = cutout.image + _background(below, free)
    below += weight[..., None] * (pasted - below)
    below_labels[visible] = label


def _largest_piece(visible: np.ndarray) -> np.ndarray:
    """The cell without pixels that the cells above it have cut off."""
    pieces, count = connected_components(visible)
    if count < 2:
        return visible
    largest: np.ndarray = pieces == np.bincount(pieces[visible]).argmax()
    return largest
