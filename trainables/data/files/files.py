"""Reads one image or one mask from a file of any usual format."""

import math
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from trainables.data.bands import bands
from trainables.data.files.defect import DefectError
from trainables.data.files.label_rules import as_labels
from trainables.data.files.tiff import MAPPED_FROM_PX, plane_count, read_tiff, tiff_pixels

TIFF = (".tif", ".tiff")
SUFFIXES = (*TIFF, ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".npy")
"""Extensions of image files, in lower case."""
MAX_CHANNELS = 3
READ_ERRORS = (
    ValueError,  # tifffile
    RuntimeError,  # imagecodecs
    OSError,  # Pillow
    EOFError,
    LookupError,
    TypeError,
    MemoryError,  # a broken header that asks for petabytes
    SyntaxError,  # Pillow, broken PNG
    zlib.error,
    struct.error,
)
"""What the decoders raise on damaged files."""


def read_image(path: Path, *, plane: int = 0, channels: tuple[int, ...] = ()) -> np.ndarray:
    """Reads the pixels of one image.

    Args:
        path: TIFF (OME, ImageJ, multi-page), PNG, JPEG, BMP, GIF, WebP or NPY.
        plane: which plane of a stack, 0 is the first.
        channels: which channels to keep, in this order; empty means all.

    Returns:
        [H, W, C] of the file's dtype, C 1 to 3. An alpha channel is dropped, a palette applied,
        and a colour image whose channels are all equal is grey: C is 1. Large ones that lie
        uncompressed in a TIFF or NPY file are mapped from it, and read-only.

    Raises:
        DefectError: the file is missing, damaged, not finite, or has more than 3 channels.
    """
    pixels = _decoded(path, lambda: _decode(path, plane=plane))
    pixels = _chosen(path, pixels, channels)
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8)
    if pixels.dtype.kind not in "uif":
        raise DefectError(
            path.name, what=f"has pixels of type {pixels.dtype}", remedy="save it as integers"
        )
    if count := _not_finite(pixels):
        raise DefectError(
            path.name,
            what=f"has {count} pixels that are NaN or infinite",
            remedy="replace them by finite values",
        )
    return np.ascontiguousarray(_grey_if_equal(pixels))


def read_labels(path: Path, *, components: bool = False, plane: int = 0) -> np.ndarray:
    """Reads the labels of one mask file.

    Args:
        path: a file of the same formats as images.
        plane: which plane of a stack; a mask of a single plane is taken as that of any plane.
        components: take each connected piece of a binary mask as one cell.

    Returns:
        int32 [H, W], 0 background, every other value one cell; values as in the file. Read-only
        where they are mapped from it.

    Raises:
        DefectError: the file is missing or damaged, or is no instance mask: it is binary,
            colour-coded, has negative labels or fractions.
    """
    values = _decoded(path, lambda: _decode(path, plane=_own_plane(path, plane), indices=True))
    return as_labels(values, file=path.name, components=components)


def _not_finite(pixels: np.ndarray) -> int:
    """Pixels that are NaN or infinite."""
    if pixels.dtype.kind != "f":
        return 0
    return sum(int((~np.isfinite(band)).sum()) for band in bands(pixels))


def _own_plane(path: Path, plane: int) -> int:
    is_stack = plane and path.suffix.lower() in TIFF and plane_count(path) > 1
    return plane if is_stack else 0


def pixels_of(path: Path) -> int:
    """Height times width of an image, from its file's header; 0 where that does not say."""
    try:
        if path.suffix.lower() in TIFF:
            return tiff_pixels(path)
        if path.suffix.lower() == ".npy":
            shape = np.load(path, mmap_mode="r", allow_pickle=False).shape
            return math.prod(sorted(shape)[-2:])
        with _pillow().open(path) as image:
            return int(image.width * image.height)
    except READ_ERRORS:  # reading it will show what is wrong
        return 0


def is_image(path: Path) -> bool:
    """Whether a name is that of an image: by its extension, and not hidden."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _decoded(path: Path, decode: Callable[[], np.ndarray]) -> np.ndarray:
    """Runs a decoder and turns whatever goes wrong into a sentence."""
    _refuse_unreadable(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is raised
            pixels = decode()
    except DefectError:
        raise
    except READ_ERRORS as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise DefectError(
            path.name,
            what=f"is damaged or not a {path.suffix or 'known'} file ({reason})",
            remedy="download or export it again",
        ) from error
    if pixels.ndim not in (2, 3) or 0 in pixels.shape:
        raise DefectError(
            path.name,
            what=f"has shape {list(pixels.shape)}",
            remedy="save it as one image, [H, W] or [H, W, C]",
        )
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


def _refuse_unreadable(path: Path) -> None:
    if path.is_dir():
        raise DefectError(
            path.name, what="is a folder named like an image", remedy="rename or remove it"
        )
    if path.exists() and not path.is_file():
        raise DefectError(path.name, what="is no regular file", remedy="rename or remove it")
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except FileNotFoundError as error:
        raise DefectError(path.name, what="does not exist", remedy="restore the file") from error
    except PermissionError as error:
        raise DefectError(
            path.name, what="may not be read", remedy="give yourself permission (chmod u+r)"
        ) from error
    if empty:
        raise DefectError(
            path.name, what="is empty (0 bytes)", remedy="download or export it again"
        )


def _decode(path: Path, *, plane: int, indices: bool = False) -> np.ndarray:
    """Pixels as the file has them, with channels last; `indices` leaves a palette unapplied."""
    suffix = path.suffix.lower()
    if suffix in TIFF:
        return read_tiff(path, plane=plane)
    if plane:
        raise DefectError(
            path.name, what=f"has no plane {plane}", remedy="only TIFF files hold stacks"
        )
    if suffix == ".npy":
        is_mapped = path.stat().st_size >= MAPPED_FROM_PX
        pixels = np.load(path, allow_pickle=False, mmap_mode="r" if is_mapped else None)
        return _channels_last(np.asarray(pixels))
    data = path.read_bytes()
    if suffix == ".png" and not (indices and _has_palette(data)):
        return _decode_png(data)
    if suffix in (".jpg", ".jpeg"):
        return _decode_jpeg(data)
    return _decode_other(path, indices=indices)


def _has_palette(png: bytes) -> bool:
    return len(png) > 25 and png[25] == 3  # colour type in the IHDR chunk


def _decode_png(data: bytes) -> np.ndarray:
    # Pillow reduces 16-bit colour PNG to 8 bit without a word, so imagecodecs reads PNG.
    import imagecodecs

    return _without_alpha(imagecodecs.png_decode(data))


def _decode_jpeg(data: bytes) -> np.ndarray:
    import imagecodecs

    if b"\xff\xd9" not in data[-4096:]:  # libjpeg fills what is missing with grey
        raise ValueError("it ends before the end-of-image marker")
    return imagecodecs.jpeg_decode(data)


def _decode_other(path: Path, *, indices: bool) -> np.ndarray:
    with _pillow().open(path) as image:
        coded = image.mode == "CMYK" or (image.mode == "P" and not indices)
        return _without_alpha(np.asarray(image.convert("RGB") if coded else image))


def _pillow() -> Any:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # a large file of one's own is no attack
    return Image


def _without_alpha(pixels: np.ndarray) -> np.ndarray:
    """Drops the last of 2 or 4 channels, which in these formats is always alpha."""
    return pixels[:, :, :-1] if pixels.ndim == 3 and pixels.shape[2] in (2, 4) else pixels


def _channels_last(pixels: np.ndarray) -> np.ndarray:
    """[C, H, W] to [H, W, C] where only the first of the three can be the channels."""
    if pixels.ndim == 3 and pixels.shape[0] <= 4 < pixels.shape[2]:
        return np.moveaxis(pixels, 0, 2)
    return pixels


def _chosen(path: Path, pixels: np.ndarray, channels: tuple[int, ...]) -> np.ndarray:
    count = pixels.shape[2]
    if any(channel >= count for channel in channels):
        raise DefectError(
            path.name,
            what=f"has {count} channels and no channel {max(channels)}",
            remedy=f"name channels from 0 to {count - 1}",
        )
    if channels:
        return pixels[:, :, list(channels)]
    if count > MAX_CHANNELS:
        raise DefectError(
            path.name,
            what=f"has {count} channels, more than {MAX_CHANNELS}",
            remedy='name the ones to use, e.g. channel="0,1"',
        )
    return pixels


def _grey_if_equal(pixels: np.ndarray) -> np.ndarray:
    if pixels.shape[2] != 3:
        return pixels
    is_grey = all(bool((band == band[:, :, :1]).all()) for band in bands(pixels))
    return pixels[:, :, :1] if is_grey else pixels
