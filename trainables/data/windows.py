"""Windows of large images: the parts of them that are trained and validated on.

An image of 20,000 x 20,000 pixels holds more cells than a training with few annotations looks at,
and nobody waits for its labels at every evaluation. So some windows are taken from a large image,
the same ones for every arm, and treated as images of their own. Test images are never cut.
"""

import itertools

import numpy as np

from trainables.data.areas import cell_areas, median_diameter_px
from trainables.data.sample import Sample
from trainables.spec.randomness import Randomness

LARGE_PX = 2048 * 2048
"""Images with more pixels are cut."""
SIDE_PX = 1024
"""Side of a window, at most, ..."""
DIAMETERS, MOST_SIDE_PX = 32, 4096
"""... but where cells are large, this many median diameters, up to this side."""
EMPTY_EVERY = 10
"""One window in this many has no cell, while both kinds last: background is learnt too."""


def is_large(pixels: int) -> bool:
    """Whether an image of this many pixels, height times width, is too large to be used whole."""
    return pixels > LARGE_PX


def windows_of(sample: Sample, *, most_px: int) -> list[Sample]:
    """Windows of a large sample, in random order; a smaller set is the start of a larger one.

    Args:
        sample: its image may be a `Normalised`; only the windows are read.
        most_px: pixels of all windows together, at most; one window is always given.

    Returns:
        Samples of the same group, fixed by the sample alone, copied out of it. Those with cells
        come first, except for every tenth; those about which nothing is known come last.
    """
    places = _ordered(sample)
    largest_px = max(sample.labels[place].size for place in places)
    return [_cut(sample, place) for place in places[: max(1, most_px // largest_px)]]


def _ordered(sample: Sample) -> list[tuple[slice, slice]]:
    """All windows of a grid that covers the sample, in the order in which they are taken."""
    rng = Randomness(("windows", sample.id)).generator("order")
    grid = _grid(sample.labels)
    shuffled = [grid[index] for index in rng.permutation(len(grid))]
    highest = [int(sample.labels[place].max()) for place in shuffled]
    cells = [place for place, label in zip(shuffled, highest, strict=True) if label > 0]
    empty = [place for place, label in zip(shuffled, highest, strict=True) if label == 0]
    unknown = [place for place, label in zip(shuffled, highest, strict=True) if label < 0]
    order: list[tuple[slice, slice]] = []
    while cells or empty:
        is_turn_of_empty = len(order) % EMPTY_EVERY == EMPTY_EVERY - 1
        order.append((empty if empty and (is_turn_of_empty or not cells) else cells).pop(0))
    return order + unknown


def _grid(labels: np.ndarray) -> list[tuple[slice, slice]]:
    diameter_px = median_diameter_px(cell_areas(labels))
    wanted_px = DIAMETERS * diameter_px if np.isfinite(diameter_px) else SIDE_PX
    side_px = float(np.clip(wanted_px, SIDE_PX, MOST_SIDE_PX))
    rows, columns = (_spans(length, side_px) for length in labels.shape)
    return [(row, column) for row in rows for column in columns]


def _spans(length: int, side_px: float) -> list[slice]:
    """Intervals of nearly equal length, none longer than a side, that cover a length."""
    edges = np.linspace(0, length, int(np.ceil(length / side_px)) + 1).astype(int).tolist()
    return [slice(start, stop) for start, stop in itertools.pairwise(edges)]


def _cut(sample: Sample, place: tuple[slice, slice]) -> Sample:
    return Sample(
        id=f"{sample.id}-{place[0].start}-{place[1].start}",
        image=np.array(sample.image[place]),
        labels=np.array(sample.labels[place]),
        group=sample.group,
        provenance=sample.provenance,
    )
