"""Finds places in an image that can be found again in every copy, flip and crop of it."""

import itertools
from dataclasses import dataclass

import cv2
import numpy as np

from trainables.data.bands import band_rows

BOXES_PX = ((3, 5), (5,), (7,), (11,), (17,))
"""Widths of the moving averages, each applied after those before: standard deviations of about 1.6,
2.2, 2.9, 4.3 and 6.5 pixels. Averages over squares cost the same at any width, and like the
descriptors are the same after flips and quarter turns."""
STEPS_PX = (2, 3, 4, 6)
"""Steps of the derivatives at all scales but the finest."""
AROUND = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
"""Rows and columns, in steps, of the places that the derivatives are taken from."""
MARGIN_PX = 10
"""Places nearer to the border are left out: what they look like depends on what was cut off."""
SPACING_PX = 5
"""Smallest distance of two places."""
FEWEST = 64
"""Places allowed in a small image."""
BAND_PX = 8 * 1024 * 1024
"""Larger images are processed in bands of rows, so that their blurred copies stay small; each
band has the places that its area allows."""
REACH_PX = 40
"""Rows beyond a band that its places depend on: blur, derivatives and spacing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Landmarks:
    """Places of one image and what it looks like around them."""

    shape: tuple[int, int]
    """Height and width of the image."""
    positions: np.ndarray
    """int32 [N, 2], row and column."""
    descriptors: np.ndarray
    """float32 [N, D], length 1; the same after flips, quarter turns and changes of contrast."""


def landmarks(image: np.ndarray, *, px_per_landmark: int = 2048) -> Landmarks:
    """The strongest extrema of a band-passed image, and isotropic descriptors of them.

    Args:
        image: [H, W] or [H, W, C] of any dtype; channels are averaged.
        px_per_landmark: at most one place per this many pixels, so that their number follows the
            area; small images may have `FEWEST`.

    Returns:
        The landmarks; empty where nothing stands out, e.g. in a constant image.

    Source: extrema of differences of blurred images as in Lowe 2004; the descriptors are moduli of
    derivatives up to order 2, which no reflection or quarter turn of the pixel grid changes.
    """
    found = [
        _in_rows(image, rows, px_per_landmark=px_per_landmark)
        for rows in band_rows(image.shape, px=BAND_PX)
    ]
    return Landmarks(
        shape=(image.shape[0], image.shape[1]),
        positions=np.concatenate([positions for positions, _ in found]),
        descriptors=np.concatenate([descriptors for _, descriptors in found]),
    )


def _in_rows(
    image: np.ndarray, rows: slice, *, px_per_landmark: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions and descriptors of the landmarks in some rows of an image."""
    top = max(rows.start - REACH_PX, 0)
    bottom = min(rows.stop + REACH_PX, image.shape[0])
    blurred = _blurred(grey(image[top:bottom]))
    inner = slice(
        max(rows.start, MARGIN_PX) - top, min(rows.stop, image.shape[0] - MARGIN_PX) - top
    )
    wanted = max(FEWEST, (rows.stop - rows.start) * image.shape[1] // px_per_landmark)
    positions = _extrema(cv2.absdiff(blurred[0], blurred[2]), wanted, inside=inner)
    return positions + np.array([[top, 0]], np.int32), _describe(blurred, positions)


def grey(image: np.ndarray) -> np.ndarray:
    """float32 [H, W]: the mean over channels."""
    if image.ndim == 2:
        return image.astype(np.float32)
    if image.shape[2] == 1:
        return image[:, :, 0].astype(np.float32)
    return image.mean(axis=2, dtype=np.float32)


def _blurred(image: np.ndarray) -> list[np.ndarray]:
    """The image at five scales, from fine to coarse."""
    scales = []
    for boxes in BOXES_PX:
        for width in boxes:
            image = cv2.blur(image, (width, width))
        scales.append(image)
    return scales


def _extrema(strength: np.ndarray, wanted: int, *, inside: slice) -> np.ndarray:
    """Positions int32 [N, 2] of the strongest local extrema in some rows, away from the sides."""
    if inside.stop <= inside.start or strength.shape[1] <= 2 * MARGIN_PX:
        return np.zeros((0, 2), np.int32)
    highest = cv2.dilate(strength, np.ones((2 * SPACING_PX + 1,) * 2, np.uint8))
    peaks = cv2.compare(strength, highest, cv2.CMP_EQ)
    inner = np.ascontiguousarray(peaks[inside, MARGIN_PX:-MARGIN_PX])
    found = cv2.findNonZero(inner)
    if found is None:
        return np.zeros((0, 2), np.int32)
    # OpenCV gives column and row.
    positions = found.reshape(-1, 2)[:, ::-1] + np.array([inside.start, MARGIN_PX])
    strengths = strength[positions[:, 0], positions[:, 1]]
    order = np.argsort(-strengths, kind="stable")[:wanted]
    return positions[order[strengths[order] > 0]].astype(np.int32)


def _describe(blurred: list[np.ndarray], positions: np.ndarray) -> np.ndarray:
    """float32 [N, D]: band-pass, gradient, anisotropy and Laplacian at each scale."""
    values = [image[positions[:, 0], positions[:, 1]] for image in blurred]
    parts = [fine - coarse for fine, coarse in itertools.pairwise(values)]
    for image, step in zip(blurred[1:], STEPS_PX, strict=True):
        parts += _derivatives(image, positions, step=step)
    described = np.stack(parts, axis=1)
    length = np.linalg.norm(described, axis=1, keepdims=True)
    return (described / np.maximum(length, 1e-12)).astype(np.float32)


def _derivatives(image: np.ndarray, positions: np.ndarray, *, step: int) -> list[np.ndarray]:
    """Length of the gradient, anisotropy and trace of the Hessian, by differences over a step."""
    # No step is wider than the margin, so that these places are all in the image.
    around = positions + step * np.array(AROUND)[:, np.newaxis]
    values = image[around[..., 0], around[..., 1]]
    centre, down, up, right, left = values[:5]
    twist = values[5] + values[6] - values[7] - values[8]
    gradient = np.hypot(down - up, right - left) / 2
    stretch = np.hypot((down + up) - (right + left), twist / 2)
    curve = (down + up + right + left) / 4 - centre
    return [gradient, stretch / 2, curve]
