"""Predictions on a few test images, kept for the report's pictures."""

import io

import numpy as np

from trainables.data.sample import Sample

LARGEST_PX = 768
"""Largest side in pixels of the square window, around the image's middle, that pictures show."""


class ExampleKeeper:
    """Collects image, true and predicted labels of the named samples."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        self._ids = ids
        self._arrays: dict[str, np.ndarray] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no prediction has been kept."""
        return not self._arrays

    def keep(self, sample: Sample, predicted: np.ndarray) -> None:
        """Keeps one prediction if its sample is among those named."""
        if sample.id not in self._ids:
            return
        place, window = self._ids.index(sample.id), middle(sample.labels.shape)
        self._arrays[f"{place}_image"] = as_uint8(sample.image[window])
        self._arrays[f"{place}_true"] = sample.labels[window]
        self._arrays[f"{place}_predicted"] = predicted[window]

    def as_npz(self) -> bytes:
        """Everything kept, as one npz file; its entry `ids` lists the samples in order."""
        buffer = io.BytesIO()
        arrays = {"ids": np.array(self._ids)} | self._arrays
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()


def middle(shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The window of at most `LARGEST_PX` around the middle of an image of this [H, W]."""
    starts = [max(0, (side - LARGEST_PX) // 2) for side in shape]
    return (
        slice(starts[0], starts[0] + LARGEST_PX),
        slice(starts[1], starts[1] + LARGEST_PX),
    )


def as_uint8(image: np.ndarray) -> np.ndarray:
    """float32 [H, W, C] as uint8, [H, W] where grey and [H, W, 3] in colour; two channels as
    red and green."""
    pixels = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    if pixels.shape[2] == 1:
        return pixels[:, :, 0]
    missing = 3 - pixels.shape[2]
    return np.pad(pixels, ((0, 0), (0, 0), (0, missing))) if missing > 0 else pixels[:, :, :3]
