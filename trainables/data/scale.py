"""Scale: brings cells of any size to the size at which the networks work."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from skimage.transform import resize

from trainables.data.areas import cell_areas, diameters_of_areas_px
from trainables.data.sample import Sample


def working_scale(samples: Sequence[Sample], *, smallest_px: float, largest_px: float) -> float:
    """Factor of enlargement that brings the typical cell into a range of sizes.

    Args:
        samples: annotated samples, whose median cell decides.
        smallest_px: smallest equivalent diameter wanted, in pixels.
        largest_px: largest one.

    Returns:
        1.0 where the median diameter lies in the range already, or where there is no cell.
    """
    diameters = [diameters_px(sample.labels) for sample in samples]
    found = np.concatenate(diameters) if diameters else np.empty(0)
    if not len(found):
        return 1.0
    median_px = float(np.median(found))
    return float(np.clip(median_px, smallest_px, largest_px)) / median_px


def diameters_px(labels: np.ndarray) -> np.ndarray:
    """Diameters of the circles that have the cells' areas.

    Args:
        labels: int32 [H, W].

    Returns:
        float64 [cells], in pixels, in the order of the labels.
    """
    return diameters_of_areas_px(cell_areas(labels))


def rescale(sample: Sample, scale: float) -> Sample:
    """The sample enlarged (`scale` above 1) or shrunk; image linear, labels nearest neighbour."""
    if scale == 1:
        return sample
    image = rescale_image(sample.image, scale)
    labels = labels_to_shape(sample.labels, (image.shape[0], image.shape[1]))
    return dataclasses.replace(sample, image=image, labels=labels)


def rescale_image(image: np.ndarray, scale: float) -> np.ndarray:
    """The image enlarged or shrunk by linear interpolation, blurred first where it shrinks.

    Args:
        image: float32 [H, W, C].
        scale: factor of enlargement, above 0.

    Returns:
        float32 [round(H * scale), round(W * scale), C], at least one pixel a side.
    """
    if scale == 1:
        return image
    height, width = (max(round(side * scale), 1) for side in image.shape[:2])
    return resize(
        image, (height, width, image.shape[2]), order=1, anti_aliasing=scale < 1, mode="reflect"
    ).astype(np.float32)


def labels_to_shape(labels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Labels brought to another shape, e.g. back to the image's own, by nearest neighbour.

    Args:
        labels: int32 [H, W].
        shape: height and width wanted.

    Returns:
        int32 `shape`.
    """
    if labels.shape == shape:
        return labels
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.intp)
        for old, new in zip(labels.shape, shape, strict=True)
    )
    return labels[np.ix_(rows, columns)]
