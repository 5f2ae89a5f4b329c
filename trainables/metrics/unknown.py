"""Pixels about which the annotation says nothing: taken out of both label images."""

import numpy as np

from trainables.data.bands import bands
from trainables.data.sample import IGNORED
from trainables.metrics.contingency import tabulate


def without_unknown(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both label images with unknown pixels made background, so that they count for neither side.

    A predicted cell with more than half of its area in unknown pixels is dropped whole: whether
    it is right is unknown. Of every other cell the known pixels stay and are scored.

    Args:
        true: int32 [H, W]; 0 background, positive values cells, -1 unknown.
        predicted: int32 [H, W]; 0 background, positive values cells.

    Returns:
        (true, predicted) without -1; the arrays given, not copies, where nothing is unknown.
    """
    unknown = true == IGNORED
    if true.shape != predicted.shape or not unknown.any():
        return true, predicted
    dropped, known = _mostly_unknown(predicted, unknown), np.where(unknown, 0, predicted)
    for band in bands(known):
        band[np.isin(band, dropped)] = 0
    return np.where(unknown, 0, true), known


def _mostly_unknown(predicted: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    table = tabulate(unknown.view(np.int8), predicted)
    touched, unknown_px = table.predicted_index, table.shared_px
    return table.predicted_labels[touched[2 * unknown_px > table.predicted_px[touched]]]
