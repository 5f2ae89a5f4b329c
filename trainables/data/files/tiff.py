"""Reads one plane of a TIFF, and the pixel size it states."""

import re
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from trainables.data.files.defect import DefectError

CHANNEL_AXES = "CS"
"""tifffile's letters for channels and samples of a pixel; the other letters are stacks."""
MICRONS = {"µm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "\\u00b5m": 1.0, "μm": 1.0}
MAPPED_FROM_PX = 4 * 1024 * 1024
"""Planes of at least this many pixels, stored as they are, are memory-mapped instead of read: their
pages are loaded on access and dropped when memory is short."""
LENGTHS_IN_UM = {**MICRONS, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6}


def read_tiff(path: Path, *, plane: int) -> np.ndarray:
    """One plane of the first series of a TIFF, without reading the others.

    Args:
        path: a TIFF file; OME and ImageJ metadata are used where there are any.
        plane: which plane over all stack axes (time, depth, page), 0 is the first.

    Returns:
        [H, W] or [H, W, C] of the file's dtype, without alpha; read-only where it was mapped.

    Raises:
        DefectError: there is no such plane.
    """
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        series = tiff.series[0]
        axes = _named_axes(series.axes, series.shape, plane=plane)
        planes = _planes(axes, series.shape)
        if plane >= planes:
            raise DefectError(
                path.name, what=f"has {planes} planes", remedy=f"name one from 0 to {planes - 1}"
            )
        pixels = _one_plane(tiff, axes, plane=plane, planes=planes)
        has_alpha = len(series.keyframe.extrasamples) == 1 and pixels.ndim == 3
        return pixels[:, :, :-1] if has_alpha and pixels.shape[2] in (2, 4) else pixels


def plane_count(path: Path) -> int:
    """Planes of the first series of a TIFF, over all its stack axes."""
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        series = tiff.series[0]
        return _planes(_named_axes(series.axes, series.shape, plane=1), series.shape)


def tiff_pixels(path: Path) -> int:
    """Height times width of the first page of a TIFF, from its header."""
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        return int(page.imagelength * page.imagewidth)


def pixel_size(path: Path) -> float | None:
    """Micrometres per pixel, where a TIFF gives it (OME, ImageJ, resolution tags), else None."""
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        if tiff.ome_metadata:
            return _ome_pixel_size(tiff.ome_metadata)
        tags = tiff.pages.first.tags
        imagej: dict[str, Any] = tiff.imagej_metadata or {}
        if "XResolution" not in tags:
            return None
        above, below = tags["XResolution"].value
        if not above:
            return None
        unit = str(imagej.get("unit", "")).lower()
        if not unit and "ResolutionUnit" in tags:
            unit = {3: "cm"}.get(int(tags["ResolutionUnit"].value), "")
        size = LENGTHS_IN_UM.get(unit, 0.0) * below / above
        # Photo software writes 72 dots per inch or per centimetre whatever the microscope did.
        return size if 0.001 < size < 100 else None


def _ome_pixel_size(xml: str) -> float | None:
    size = re.search(r'PhysicalSizeX="([0-9.eE+-]+)"', xml)
    unit = re.search(r'PhysicalSizeXUnit="([^"]+)"', xml)
    if size is None:
        return None
    scale = LENGTHS_IN_UM.get(unit.group(1) if unit else "µm")
    return float(size.group(1)) * scale if scale else None


def _planes(axes: str, shape: tuple[int, ...]) -> int:
    sizes = zip(axes, shape, strict=True)
    return prod(size for axis, size in sizes if axis not in "YX" + CHANNEL_AXES)


def _named_axes(axes: str, shape: tuple[int, ...], *, plane: int) -> str:
    """Axis letters, with the axes that a file leaves unnamed (Q) taken for what they must be."""
    if axes == "QYX" and shape[2] <= 4 < shape[0]:
        return "YXC"
    if axes == "QYX" and shape[0] <= 3 and plane == 0:
        return "CYX"  # a [C, H, W] array written as it was
    return axes


def _one_plane(tiff: Any, axes: str, *, plane: int, planes: int) -> np.ndarray:
    series = tiff.series[0]
    pages = len(series.pages)
    stacked = [axis for axis in axes if axis not in "YX" + CHANNEL_AXES]
    if planes > 1 and pages % planes == 0 and axes.startswith("".join(stacked)):
        each = pages // planes
        wanted = slice(plane * each, (plane + 1) * each)
        pixels = _read(tiff, wanted).reshape(series.shape[len(stacked) :])
        return _channels_last(pixels, axes[len(stacked) :])
    pixels = _read(tiff)
    order = [*(axes.index(axis) for axis in stacked)]
    rest = [index for index in range(len(axes)) if index not in order]
    pixels = pixels.transpose(order + rest)
    pixels = pixels.reshape(-1, *pixels.shape[len(order) :])[plane]
    return _channels_last(pixels, "".join(axes[index] for index in rest))


def _read(tiff: Any, wanted: slice | None = None) -> np.ndarray:
    """Some pages of the first series, or all; large ones are memory-mapped if they are stored as
    they are, contiguous and in this machine's byte order."""
    series = tiff.series[0]
    count = len(series) if wanted is None else wanted.stop - wanted.start
    page = series[0 if wanted is None else wanted.start]
    is_mapped = (
        page is not None  # as OME files may leave planes out
        and (count == 1 or (wanted is None and series.dataoffset is not None))
        and page.keyframe.imagelength * page.keyframe.imagewidth >= MAPPED_FROM_PX
        and page.is_memmappable
        and np.dtype(f"{tiff.byteorder}u2").isnative
    )
    return np.asarray(tiff.asarray(key=wanted, series=0, out="memmap" if is_mapped else None))


def _channels_last(pixels: np.ndarray, axes: str) -> np.ndarray:
    """Any order of Y, X, C and S to [H, W] or [H, W, C]."""
    order = [axes.index("Y"), axes.index("X")]
    order += [index for index, axis in enumerate(axes) if axis in CHANNEL_AXES]
    pixels = pixels.transpose(order)
    return pixels if pixels.ndim == 2 else pixels.reshape(*pixels.shape[:2], -1)
