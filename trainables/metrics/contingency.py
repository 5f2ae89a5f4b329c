"""How many pixels each true cell shares with each predicted one: the table all metrics read.

The table is sparse: it holds a row only for pairs of cells that touch the same pixel, so that its
size grows with the number of cells and not, as a dense matrix, with its square.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

PIXELS_PER_BAND = 1 << 18
"""Pixels tabulated at a time: small enough that the temporary arrays stay in the cache."""

LARGEST_LABEL = np.iinfo(np.int32).max
_LABEL_BITS = 32
"""A pair of labels is packed into one int64, true label above, predicted label below."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Contingency:
    """Pixels shared by the cells of a true and a predicted label image.

    T true cells, P predicted cells, E pairs that share a pixel, ordered by true, then predicted
    cell. The background is in none of the arrays, but pixels on it are in the areas.
    """

    true_labels: np.ndarray
    """int64 [T], ascending."""
    predicted_labels: np.ndarray
    """int64 [P], ascending."""
    true_px: np.ndarray
    """int64 [T], area of each true cell in pixels."""
    predicted_px: np.ndarray
    """int64 [P], area of each predicted cell in pixels."""
    true_index: np.ndarray
    """int64 [E], position of the pair's true cell in `true_labels`."""
    predicted_index: np.ndarray
    """int64 [E], position of the pair's predicted cell in `predicted_labels`."""
    shared_px: np.ndarray
    """int64 [E], pixels the pair has in common, at least 1."""

    @property
    def union_px(self) -> np.ndarray:
        """int64 [E], pixels covered by either cell of the pair."""
        both = self.true_px[self.true_index] + self.predicted_px[self.predicted_index]
        return both - self.shared_px

    @property
    def iou(self) -> np.ndarray:
        """float64 [E], intersection over union of the pair, in (0, 1]."""
        return self.shared_px / self.union_px

    def keep(self, *, true: np.ndarray, predicted: np.ndarray) -> "Contingency":
        """The table of some of the cells; the others become background, areas stay as they are.

        Args:
            true: bool [T], which true cells stay.
            predicted: bool [P], which predicted cells stay.
        """
        stays = true[self.true_index] & predicted[self.predicted_index]
        return Contingency(
            true_labels=self.true_labels[true],
            predicted_labels=self.predicted_labels[predicted],
            true_px=self.true_px[true],
            predicted_px=self.predicted_px[predicted],
            true_index=(np.cumsum(true) - 1)[self.true_index[stays]],
            predicted_index=(np.cumsum(predicted) - 1)[self.predicted_index[stays]],
            shared_px=self.shared_px[stays],
        )


def tabulate(true: np.ndarray, predicted: np.ndarray) -> Contingency:
    """Counts the pixels that each true cell shares with each predicted cell.

    Works band by band on runs of equal labels along a row: one pass over the pixels, one sort of
    the runs, memory of the order of the images whatever the number of cells.

    Args:
        true: integer [H, W]; 0 background, every other value one cell, connected or not.
        predicted: integer [H, W], same shape and meaning.

    Raises:
        ValueError: the shapes differ, or an image is no two-dimensional array of integers from 0
            to 2**31 - 1.
    """
    _check(true, predicted)
    bands = [_sum_runs(*_runs(t, p)) for t, p in _bands(true, predicted)]
    keys = np.concatenate([keys for keys, _ in bands]) if bands else np.empty(0, np.int64)
    pixels = np.concatenate([pixels for _, pixels in bands]) if bands else np.empty(0, np.int64)
    return _table(*_sum_runs(keys, pixels))


def _check(true: np.ndarray, predicted: np.ndarray) -> None:
    if true.shape != predicted.shape:
        raise ValueError(
            f"True and predicted labels must have the same shape, but got {list(true.shape)} and "
            f"{list(predicted.shape)}: predict on the image that was annotated."
        )
    for name, labels in (("True", true), ("Predicted", predicted)):
        if labels.ndim != 2 or not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(
                f"{name} labels must be integers [H, W], but got {labels.dtype} "
                f"{list(labels.shape)}: convert them to int32 first."
            )
        if labels.size and not 0 <= labels.min() <= labels.max() <= LARGEST_LABEL:
            raise ValueError(
                f"{name} labels must be from 0 to {LARGEST_LABEL}, but got {labels.min()} to "
                f"{labels.max()}: number the cells from 1."
            )


def _bands(true: np.ndarray, predicted: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rows = max(1, PIXELS_PER_BAND // max(1, true.shape[1]))
    for top in range(0, true.shape[0] if true.size else 0, rows):
        yield true[top : top + rows].ravel(), predicted[top : top + rows].ravel()


def _runs(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Packed label pair and length of each run of pixels over which neither label changes."""
    changes = (true[1:] != true[:-1]) | (predicted[1:] != predicted[:-1])
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    keys = true[starts].astype(np.int64) << _LABEL_BITS | predicted[starts].astype(np.int64)
    return keys, np.diff(starts, append=true.size)


def _sum_runs(keys: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys, ascending, each with the sum of its pixels."""
    order = np.argsort(keys)
    keys = keys[order]
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    sums = np.add.reduceat(pixels[order], firsts) if keys.size else pixels
    return keys[firsts], sums


def _table(keys: np.ndarray, pixels: np.ndarray) -> Contingency:
    true, predicted = keys >> _LABEL_BITS, keys & LARGEST_LABEL
    true_labels, true_index = np.unique(true, return_inverse=True)
    predicted_labels, predicted_index = np.unique(predicted, return_inverse=True)
    both = (true > 0) & (predicted > 0)
    return Contingency(
        true_labels=true_labels[true_labels > 0],
        predicted_labels=predicted_labels[predicted_labels > 0],
        true_px=_sum_by(true_index, pixels)[true_labels > 0],
        predicted_px=_sum_by(predicted_index, pixels)[predicted_labels > 0],
        true_index=true_index[both] - np.count_nonzero(true_labels == 0),
        predicted_index=predicted_index[both] - np.count_nonzero(predicted_labels == 0),
        shared_px=pixels[both],
    )


def _sum_by(index: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    # bincount sums in float64: exact up to 2**53 pixels
    return np.bincount(index, weights=pixels).astype(np.int64)
