"""Compares the pixels of two images where one lies over the other."""

import cv2
import numpy as np

from trainables.data.landmarks import grey

TURNS = 8
"""The flips and quarter turns of a square: turn % 4 quarter turns, after a flip from 4 on."""
SLACK_PX = 2
"""The shift is known up to this many pixels."""
MIN_SIDE_PX = 24
"""Shorter overlaps are not compared."""
MAX_SIDE_PX = 1024
"""Of larger overlaps the middle is compared."""
BLOCK_PX = 16


def turned(image: np.ndarray, turn: int) -> np.ndarray:
    """The image after one of the 8 flips and quarter turns."""
    return np.rot90(image[:, ::-1] if turn >= 4 else image, turn % 4)


def turned_positions(positions: np.ndarray, shapes: np.ndarray, turn: int) -> np.ndarray:
    """Where the pixels of images go when the images are turned.

    Args:
        positions: int [N, 2], row and column.
        shapes: int [N, 2], height and width of the image that each position is in.
        turn: 0 to 7.
    """
    row, column = positions[:, 0], positions[:, 1]
    last_row, last_column = shapes[:, 0] - 1, shapes[:, 1] - 1
    if turn >= 4:
        column = last_column - column
    for _ in range(turn % 4):
        row, column = last_column - column, row
        last_row, last_column = last_column, last_row
    return np.stack([row, column], axis=1)


def measure(first: np.ndarray, second: np.ndarray, *, turn: int, shift: tuple[int, int]):
    a, b = _windows(turned(first, turn), second, shift)
    if min(a.shape[0], a.shape[1]) < MIN_SIDE_PX:
        return 0.0, 0.0, 0, a.shape
    a, b = _band(grey(a)), _band(grey(b))
    a = a[SLACK_PX:-SLACK_PX, SLACK_PX:-SLACK_PX]
    scores = cv2.matchTemplate(b, np.ascontiguousarray(a), cv2.TM_CCOEFF_NORMED)
    _, best, _, (right, down) = cv2.minMaxLoc(scores)
    b = b[down : down + a.shape[0], right : right + a.shape[1]]
    share, blocks = _blocks(a, b)
    return best, share, blocks, a.shape


def agree(first: np.ndarray, second: np.ndarray, *, turn: int, shift: tuple[int, int]) -> bool:
    best, share, blocks, _ = measure(first, second, turn=turn, shift=shift)
    return best > 0.8 and share > 0.7 and blocks >= 3


def _windows(first, second, shift):
    """The parts of two images that lie over each other."""
    spans = []
    for axis in (0, 1):
        start = max(0, shift[axis])
        stop = min(second.shape[axis], first.shape[axis] + shift[axis])
        surplus = max(0, stop - start - MAX_SIDE_PX) // 2
        spans.append((start + surplus, max(start, stop - surplus), shift[axis]))
    (r0, r1, dr), (c0, c1, dc) = spans
    return first[r0 - dr : r1 - dr, c0 - dc : c1 - dc], second[r0:r1, c0:c1]


def _band(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), 1.5) - cv2.GaussianBlur(image, (0, 0), 5.0)


def _blocks(a: np.ndarray, b: np.ndarray):
    """Share of the blocks with structure that correlate, and how many such blocks there are."""
    h, w = (a.shape[0] // BLOCK_PX, a.shape[1] // BLOCK_PX)

    def cut(x):
        x = x[: h * BLOCK_PX, : w * BLOCK_PX].reshape(h, BLOCK_PX, w, BLOCK_PX)
        x = x.swapaxes(1, 2).reshape(h * w, -1)
        return x - x.mean(1, keepdims=True)

    x, y = cut(a), cut(b)
    ex, ey = (x**2).sum(1), (y**2).sum(1)
    r = (x * y).sum(1) / np.sqrt(np.maximum(ex * ey, 1e-12))
    # energy relative to the strongest blocks, in either
    nx, ny = ex / max(np.percentile(ex, 95), 1e-12), ey / max(np.percentile(ey, 95), 1e-12)
    structured = np.maximum(nx, ny) > 0.05
    return float((r[structured] > 0.6).mean()) if structured.any() else 0.0, int(structured.sum())
