"""Linear interpolation of an image at a grid of fractional rows and columns."""

import numpy as np


def interpolate(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Image values at a grid, mirrored beyond the edges.

    Args:
        image: float32 [H, W, C]; only the part beneath the grid is read.
        rows: float [h], positions of the grid's rows; pixel n has its centre at n.
        columns: float [w].

    Returns:
        float32 [h, w, C].
    """
    rows, columns = _mirror(rows, image.shape[0]), _mirror(columns, image.shape[1])
    top, left = int(rows.min()), int(columns.min())
    block = image[top : int(rows.max()) + 2, left : int(columns.max()) + 2]
    return _blend(_blend(block, rows - top, axis=0), columns - left, axis=1)


def _blend(block: np.ndarray, at: np.ndarray, *, axis: int) -> np.ndarray:
    """Linear interpolation along one axis of [H, W, C]."""
    low = at.astype(np.intp)
    high = np.minimum(low + 1, block.shape[axis] - 1)
    weight = (at - low).astype(np.float32)
    # Weights as large as the block in W and C: broadcasting along a short last axis is slow.
    weight = weight[:, None] if axis == 0 else np.repeat(weight, block.shape[2])[None]
    start, end = block.take(low, axis), block.take(high, axis)
    flat = start.reshape(len(start), -1)
    return (flat + weight * (end.reshape(flat.shape) - flat)).reshape(start.shape)


def _mirror(at: np.ndarray, length: int) -> np.ndarray:
    """Positions folded into [0, length - 1]."""
    if length == 1:
        return np.zeros_like(at)
    return (length - 1) - np.abs(np.mod(at, 2 * (length - 1)) - (length - 1))
