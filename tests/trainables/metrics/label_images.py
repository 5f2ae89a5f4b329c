"""Pairs of label images of every kind that a metric may meet."""

from collections.abc import Iterator

import numpy as np


def pairs(seed: int, count: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(kind, true, predicted), int32, of all kinds in turn, with random sides of 6 to 40 pixels."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        kind = sorted(KINDS)[number % len(KINDS)]
        shape = tuple(int(side) for side in rng.integers(6, 41, size=2))
        true, predicted = KINDS[kind](rng, shape)
        yield kind, true.astype(np.int32), predicted.astype(np.int32)


def scattered(rng: np.random.Generator, shape: tuple[int, int], *, cells: int) -> np.ndarray:
    """Discs on background; later ones cover parts of earlier ones."""
    labels = np.zeros(shape, np.int32)
    y, x = np.indices(shape)
    for label in range(1, cells + 1):
        centre = rng.uniform(0, shape)
        radius = rng.uniform(1, 6)
        labels[(y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2] = label
    return labels


def tissue(rng: np.random.Generator, shape: tuple[int, int], *, cells: int) -> np.ndarray:
    """Touching cells that cover every pixel: nearest of random centres."""
    centres = rng.uniform(0, 1, size=(cells, 2)) * shape
    grid = np.stack(np.indices(shape), axis=-1)
    squared = ((grid[:, :, None] - centres) ** 2).sum(axis=-1)
    return squared.argmin(axis=-1).astype(np.int32) + 1


def discs(rng: np.random.Generator, *, side_px: int, cells: int) -> np.ndarray:
    """int32 [side, side]: discs of random size, each near its place in a grid."""
    per_side = int(np.ceil(np.sqrt(cells)))
    step = side_px // per_side
    radii = rng.uniform(0.4, 0.6, size=cells) * step
    labels = np.zeros((side_px, side_px), np.int32)
    for label, radius in enumerate(radii, start=1):
        y, x = (np.array(divmod(label - 1, per_side)) + rng.uniform(0.4, 0.6, size=2)) * step
        top, left = max(0, int(y - radius)), max(0, int(x - radius))
        window = labels[top : int(y + radius) + 2, left : int(x + radius) + 2]
        rows, columns = np.ogrid[: window.shape[0], : window.shape[1]]
        window[(rows + top - y) ** 2 + (columns + left - x) ** 2 <= radius**2] = label
    return labels


def _shifted(rng, shape):
    true = scattered(rng, shape, cells=int(rng.integers(1, 25)))
    return true, np.roll(true, rng.integers(-2, 3, size=2), axis=(0, 1))


def _unrelated(rng, shape):
    return (scattered(rng, shape, cells=int(rng.integers(1, 25))) for _ in range(2))


def _touching(rng, shape):
    """Two tissues with holes, so that each has background."""
    return (
        np.where(rng.random(shape) < 0.1, 0, tissue(rng, shape, cells=int(rng.integers(1, 20))))
        for _ in range(2)
    )


def _full(rng, shape):
    """No background at all."""
    return (tissue(rng, shape, cells=int(rng.integers(1, 20))) for _ in range(2))


def _noise(rng, shape):
    """Every cell in many pieces, next to every other."""
    return (rng.integers(0, 6, size=shape) for _ in range(2))


def _gaps(rng, shape):
    """Labels that are not 1 ... n, and in no order."""
    for labels in _shifted(rng, shape):
        numbers = np.concatenate([[0], rng.choice(100_000, size=labels.max(), replace=False) + 1])
        yield numbers[labels]


def _cut(rng, shape):
    """The prediction cuts every cell into an upper and a lower part: halves make ties at 0.5."""
    true = scattered(rng, shape, cells=8)
    true[: shape[0] // 2 * 2 : 2] = true[1::2]
    lower = np.arange(shape[0])[:, None] % 2
    return true, np.where(true > 0, 2 * true - lower, 0)


def _melted(rng, shape):
    true, cut = _cut(rng, shape)
    return cut, true


def _no_true(rng, shape):
    return np.zeros(shape), scattered(rng, shape, cells=5)


def _no_predicted(rng, shape):
    return scattered(rng, shape, cells=5), np.zeros(shape)


def _both_empty(rng, shape):
    return np.zeros(shape), np.zeros(shape)


def _same(rng, shape):
    labels = scattered(rng, shape, cells=12)
    return labels, labels


KINDS = {
    "both empty": _both_empty,
    "cut": _cut,
    "full": _full,
    "gaps": _gaps,
    "melted": _melted,
    "no predicted": _no_predicted,
    "no true": _no_true,
    "noise": _noise,
    "same": _same,
    "shifted": _shifted,
    "touching": _touching,
    "unrelated": _unrelated,
}
