"""A large image at the working scale, without ever holding all of it at that scale."""

from typing import Any, Protocol

import numpy as np
from scipy.ndimage import gaussian_filter1d

from trainables.data.bands import band_rows
from trainables.data.interpolate import interpolate

BLOCK_PX = 8 * 1024 * 1024
"""Pixels of the image read together; where it shrinks much, these are few rows."""
REACH = 4
"""Reach of the blur before shrinking, in standard deviations; scipy's default."""


class Image(Protocol):
    """float32 [H, W, C]: an array, or a source of parts of one (`Normalised`, `Rescaled`)."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, window: Any, /) -> Any: ...


class Rescaled:
    """An image enlarged or shrunk on access; the result equals `rescale_image`."""

    def __init__(self, image: Image, scale: float) -> None:
        """Shows float32 [H, W, C], `scale` times as large."""
        height, width = (max(round(side * scale), 1) for side in image.shape[:2])
        self.shape = (height, width, image.shape[2])
        self._image = image

    def __getitem__(self, window: tuple[slice, slice]) -> np.ndarray:
        """float32 [h, w, C] of slices of rows and columns, each without a step."""
        rows, columns = (
            range(*own.indices(length)) for own, length in zip(window, self.shape, strict=False)
        )
        found = np.empty((len(rows), len(columns), self.shape[2]), np.float32)
        shrinkage = self._image.shape[0] * self._image.shape[1] / (self.shape[0] * self.shape[1])
        for band in band_rows(found.shape, px=int(BLOCK_PX / max(shrinkage, 1))):
            found[band] = self._part((rows[band], columns))
        return found

    def _part(self, window: tuple[range, range]) -> np.ndarray:
        places, blocks, sigmas = [], [], []
        for own, length, side in zip(window, self.shape, self._image.shape, strict=False):
            factor = side / length
            at = (np.arange(own.start, own.stop) + 0.5) * factor - 0.5
            sigma = max(0.0, (factor - 1) / 2)
            margin = int(REACH * sigma + 0.5) + 2
            low = max(int(at[0]) - margin, 0)
            places.append(at - low)
            blocks.append(slice(low, min(int(at[-1]) + margin, side)))
            sigmas.append(sigma)
        block = np.asarray(self._image[blocks[0], blocks[1]])
        for axis, sigma in enumerate(sigmas):
            if sigma:
                block = gaussian_filter1d(block, sigma, axis=axis, mode="mirror", truncate=REACH)
        return interpolate(block, *places)
