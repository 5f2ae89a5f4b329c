"""Pixels about which the annotation says nothing: taken out of both label images."""

import numpy as np

from trainables.data.sample import IGNORED


def without_unknown(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both label images with the unknown pixels made background, so that they count for no side.

    A predicted cell with more than half of its area in unknown pixels is dropped whole: whether
    it is right is not known. Of every other cell the known pixels stay and are scored.

    Args:
        true: int32 [H, W]; 0 background, positive values cells, -1 unknown.
        predicted: int32 [H, W]; 0 background, positive values cells.

    Returns:
        (true, predicted) without -1; the arrays given, not copies, where nothing is unknown.
    """
    unknown = true == IGNORED
    if true.shape != predicted.shape or not unknown.any():
        return true, predicted
    dropped = np.isin(predicted, _mostly_unknown(predicted, unknown))
    return np.where(unknown, 0, true), np.where(unknown | dropped, 0, predicted)


def _mostly_unknown(predicted: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    touched, unknown_px = np.unique(predicted[unknown], return_counts=True)
    labels, px = np.unique(predicted[np.isin(predicted, touched)], return_counts=True)
    assert np.array_equal(labels, touched)
    return labels[2 * unknown_px > px]
