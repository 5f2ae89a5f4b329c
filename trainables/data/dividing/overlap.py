"""Compares the pixels of two images where they overlap."""

import cv2
import numpy as np

from trainables.data.dividing.landmarks import grey

TURNS = 8
"""The flips and quarter turns of a square: turn % 4 quarter turns, after a flip from 4 on."""
SLACK_PX = 2
"""Uncertainty of the shift, in pixels."""
MIN_SIDE_PX = 20
"""Narrower overlaps are not compared."""
MAX_SIDE_PX = 1024
"""Larger overlaps are compared in their middle only."""
FINE_PX, COARSE_PX = 1.5, 5.0
"""Only structure between these two sizes is compared: neither noise nor uneven light."""
BLOCK_PX = 16
STRUCTURED = 0.05
"""A block has structure if its energy is at least this share of that of the strongest blocks."""
BLOCK_CORRELATION = 0.6
"""Correlation from which a block counts as the same in both images."""
SAME_SHARE = 0.7
"""Share of the blocks with structure that must be the same."""
RULES = ((8, 0.5), (3, 0.8))
"""Fewest blocks with structure, and the correlation that the whole overlap must then reach."""


def agree(first: np.ndarray, second: np.ndarray, *, turn: int, shift: tuple[int, int]) -> bool:
    """Whether two images show the same where the first, turned and shifted, covers the second.

    Most of a fluorescence image is dark, and any two nuclei look alike. So the overlap has to
    correlate as a whole and in most of its blocks that hold structure.

    Args:
        first: [H, W] or [H, W, C].
        second: the same; the sizes may differ.
        turn: 0 to 7, what is done to the first image.
        shift: rows and columns by which the turned first image is moved, right to 2 pixels.
    """
    one, other = _overlap(turned(first, turn), second, shift)
    if min(one.shape[:2]) < MIN_SIDE_PX + 2 * SLACK_PX:
        return False
    one, other, correlation = _aligned(_band(grey(one)), _band(grey(other)))
    share, count = _same_blocks(one, other)
    enough = any(count >= fewest and correlation >= floor for fewest, floor in RULES)
    return enough and share >= SAME_SHARE


def turned(image: np.ndarray, turn: int) -> np.ndarray:
    """The image after one of the 8 flips and quarter turns."""
    return np.rot90(image[:, ::-1] if turn >= 4 else image, turn % 4)


def turned_positions(positions: np.ndarray, shapes: np.ndarray, turn: int) -> np.ndarray:
    """Where pixels go when `turned` is applied to their images.

    Args:
        positions: int [N, 2], row and column.
        shapes: int [N, 2], height and width of the image that each position is in.
        turn: 0 to 7.

    Returns:
        int [N, 2].
    """
    row, column = positions[:, 0], positions[:, 1]
    last_row, last_column = shapes[:, 0] - 1, shapes[:, 1] - 1
    if turn >= 4:
        column = last_column - column
    for _ in range(turn % 4):
        row, column = last_column - column, row
        last_row, last_column = last_column, last_row
    return np.stack([row, column], axis=1)


def _overlap(
    first: np.ndarray, second: np.ndarray, shift: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """The overlapping parts of two images, of the same size, possibly empty."""
    of_first, of_second = [], []
    for axis in (0, 1):
        start = max(0, shift[axis])
        stop = max(start, min(second.shape[axis], first.shape[axis] + shift[axis]))
        surplus = max(0, stop - start - MAX_SIDE_PX) // 2
        start, stop = start + surplus, stop - surplus
        of_second.append(slice(start, stop))
        of_first.append(slice(start - shift[axis], stop - shift[axis]))
    return first[tuple(of_first)], second[tuple(of_second)]


def _band(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), FINE_PX) - cv2.GaussianBlur(image, (0, 0), COARSE_PX)


def _aligned(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Both parts at the best shift within the slack, and their correlation there."""
    core = np.ascontiguousarray(first[SLACK_PX:-SLACK_PX, SLACK_PX:-SLACK_PX])
    scores = cv2.matchTemplate(second, core, cv2.TM_CCOEFF_NORMED)
    _, best, _, (right, down) = cv2.minMaxLoc(scores)
    return core, second[down : down + core.shape[0], right : right + core.shape[1]], float(best)


def _same_blocks(first: np.ndarray, second: np.ndarray) -> tuple[float, int]:
    """Share of the blocks with structure in either image that are the same, and their number."""
    one, other = _blocks(first), _blocks(second)
    energies = [(blocks**2).sum(axis=1) for blocks in (one, other)]
    relative = [energy / max(np.percentile(energy, 95), 1e-12) for energy in energies]
    structured = np.maximum(*relative) >= STRUCTURED
    if not structured.any():
        return 0.0, 0
    product = np.sqrt(np.maximum(energies[0] * energies[1], 1e-12))
    correlation = (one * other).sum(axis=1) / product
    same = correlation[structured] >= BLOCK_CORRELATION
    return float(same.mean()), int(structured.sum())


def _blocks(image: np.ndarray) -> np.ndarray:
    """Whole blocks of an image as rows, [N, BLOCK_PX * BLOCK_PX], each of mean 0."""
    high, wide = image.shape[0] // BLOCK_PX, image.shape[1] // BLOCK_PX
    cut = image[: high * BLOCK_PX, : wide * BLOCK_PX].reshape(high, BLOCK_PX, wide, BLOCK_PX)
    rows = cut.swapaxes(1, 2).reshape(high * wide, -1)
    return rows - rows.mean(axis=1, keepdims=True)
