"""Draws the cells of COCO annotations: polygons, run lengths, compressed run lengths."""

from typing import Any

import numpy as np

from trainables.data.files.defect import DefectError
from trainables.data.sample import IGNORED


def labels_of(cells: list[dict[str, Any]], *, shape: tuple[int, int], file: str) -> np.ndarray:
    """Labels of one image; where cells overlap, the smaller one lies on top.

    This way no cell is hidden by a larger one. Regions marked `iscrowd` are unknown.

    Args:
        cells: COCO annotations with a `segmentation`.
        shape: height and width of the image.
        file: name for messages.

    Returns:
        int32 [H, W], numbered in the order of the annotations.

    Raises:
        DefectError: a segmentation is neither polygons nor run lengths of this shape.
    """
    try:
        masks = [_mask(cell["segmentation"], shape) for cell in cells]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DefectError(
            file,
            what=f"has an annotation that cannot be drawn ({error})",
            remedy="export the COCO file again with polygons or run lengths",
        ) from error
    labels = np.zeros(shape, np.int32)
    areas = [int(rows.size) for rows, _ in masks]
    for index in sorted(range(len(masks)), key=lambda index: -areas[index]):
        labels[masks[index]] = IGNORED if cells[index].get("iscrowd") else index + 1
    return labels


def decode_runs(text: str) -> list[int]:
    """Run lengths of a compressed COCO string.

    Each character holds five bits, and a sixth that says whether more follow; from the third
    number on, the difference from the number two before is stored.

    Source: `rleFrString` of github.com/cocodataset/cocoapi, common/maskApi.c.
    """
    runs: list[int] = []
    value = shift = 0
    for character in text.encode("ascii"):
        code = character - 48
        value |= (code & 0x1F) << shift
        shift += 5
        if code & 0x20:
            continue
        if code & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return runs


def _mask(segmentation: Any, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the pixels of one cell."""
    if isinstance(segmentation, dict):
        return _from_runs(segmentation, shape)
    from skimage.draw import polygon

    mask = np.zeros(shape, bool)
    for corners in segmentation:
        points = np.asarray(corners, np.float64).reshape(-1, 2)
        # COCO counts from the corner of the first pixel, skimage from its centre.
        mask[polygon(points[:, 1] - 0.5, points[:, 0] - 0.5, shape)] = True
    rows, columns = np.nonzero(mask)
    return rows, columns


def _from_runs(segmentation: dict[str, Any], shape: tuple[int, int]) -> tuple[Any, Any]:
    counts = segmentation["counts"]
    runs = decode_runs(counts) if isinstance(counts, str) else list(counts)
    if list(segmentation["size"]) != list(shape) or sum(runs) != shape[0] * shape[1]:
        raise ValueError(f"run lengths of {segmentation['size']} in an image of {list(shape)}")
    values = np.repeat(np.arange(len(runs)) % 2, runs)
    rows, columns = np.nonzero(values.reshape(shape, order="F"))
    return rows, columns
