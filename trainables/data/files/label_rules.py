"""What an instance mask may hold."""

import numpy as np

from trainables.data.bands import bands
from trainables.data.files.defect import DefectError

WRAPPED_SHARE = 0.98
"""Share of a type's numbers in use from which there may have been more cells than numbers."""
MOST_PIECES = 1.25
"""Separate pieces per number up to which cells with stray pixels are assumed."""


def as_labels(values: np.ndarray, *, file: str, components: bool = False) -> np.ndarray:
    """Checks the values of a mask and returns them as labels.

    Args:
        values: [H, W] or [H, W, C] of any dtype, as decoded.
        file: name for messages.
        components: take each connected piece of a binary mask as one cell.

    Returns:
        int32 [H, W], 0 background.

    Raises:
        DefectError: the mask is colour-coded, fractional, negative or binary, or its numbers were
            cut to fewer bits than they need.
    """
    labels = _whole(_one_channel(values, file), file)
    _refuse_wrapped(labels, file)
    smallest, largest = int(labels.min()), int(labels.max())
    if smallest < 0:
        raise DefectError(
            file,
            what=f"has negative labels, the smallest is {smallest}",
            remedy="number cells from 1 and background 0",
        )
    if largest > np.iinfo(np.int32).max:
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape) + (smallest > 0)
    labels = labels.astype(np.int32, copy=False)
    pieces = _pieces_of_binary(labels, largest)
    if pieces is None:
        return labels
    if components:
        return pieces
    raise DefectError(
        file,
        what=f"is binary: one value ({largest}) in {int(pieces.max())} separate pieces",
        remedy="give every cell a number of its own, or ask for `components`, which takes each "
        "connected piece as one cell and merges cells that touch",
    )


def _one_channel(values: np.ndarray, file: str) -> np.ndarray:
    if values.ndim == 2:
        return values
    first = values[:, :, 0]
    if values.shape[2] == 1 or all(bool((band == band[:, :, :1]).all()) for band in bands(values)):
        return first
    raise DefectError(
        file,
        what=f"is colour-coded: its {values.shape[2]} channels differ",
        remedy="save one number per cell in a grey 16-bit PNG or TIFF",
    )


def _whole(values: np.ndarray, file: str) -> np.ndarray:
    if values.dtype.kind in "uib":
        return values
    if values.dtype.kind == "f" and all(_is_whole(band) for band in bands(values)):
        fits = np.abs([values.min(), values.max()]).max() <= np.iinfo(np.int32).max
        return values.astype(np.int32 if fits else np.int64)
    raise DefectError(
        file,
        what=f"has fractions or values that are not finite ({values.dtype})",
        remedy="save labels as integers; a probability map is not an instance mask",
    )


def _is_whole(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all()) and bool((values % 1 == 0).all())


def _refuse_wrapped(labels: np.ndarray, file: str) -> None:
    """Refuses masks whose numbers began again at 0 or below it, which a narrow type does silently.

    In an unsigned type -1 becomes the largest number, and with more cells than numbers every number
    stands for several cells.
    """
    if labels.dtype.kind != "u" or labels.dtype.itemsize > 4:
        return
    most = np.iinfo(labels.dtype).max
    if labels.max() != most:
        return
    bits = 8 * labels.dtype.itemsize
    others = labels[labels != most].max(initial=0)
    if bits > 8 and others < most // 2:
        raise DefectError(
            file,
            what=f"holds {most}, which is -1 in {bits} bits, beside labels up to {others}",
            remedy="write background as 0 there",
        )
    if bits <= 16 and _all_in_pieces(labels, most):
        raise DefectError(
            file,
            what=f"has more cells than the {most} numbers of its {bits} bits: most numbers serve "
            f"for several cells",
            remedy=f"save it again in {2 * bits} bits",
        )


def _all_in_pieces(labels: np.ndarray, most: int) -> bool:
    """Whether nearly all numbers of a type are used, most of them in several separate pieces."""
    used = len(np.unique(labels[labels > 0]))
    if used < WRAPPED_SHARE * most:
        return False
    from skimage.measure import label

    return int(label(labels, connectivity=2).max()) > MOST_PIECES * used


def _pieces_of_binary(labels: np.ndarray, largest: int) -> np.ndarray | None:
    """Connected pieces where a mask has one value in more than one piece, else None."""
    if largest == 0:
        return None
    if not all(bool(((band == 0) | (band == largest)).all()) for band in bands(labels)):
        return None
    from skimage.measure import label

    pieces = label(labels > 0, connectivity=1)
    return pieces.astype(np.int32) if pieces.max() > 1 else None
