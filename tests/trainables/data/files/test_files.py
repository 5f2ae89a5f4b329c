"""One file of any format is read as it is, and a broken one gives a sentence."""

import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from trainables.data.files.defect import DefectError
from trainables.data.files.files import read_image, read_labels
from trainables.data.files.tiff import pixel_size

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (20, 30), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
DEEP = RNG.integers(0, 65536, (20, 30, 3), dtype=np.uint16)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "gif"])
def test_grey(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(GREY).save(path)
    assert (read_image(path)[:, :, 0] == GREY).all()


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_colour(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(COLOUR).save(path)
    assert (read_image(path) == COLOUR).all()


def test_jpeg_is_close(tmp_path: Path) -> None:
    smooth = np.repeat(np.linspace(0, 255, 64)[None], 48, axis=0).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "x.JPG", quality=95)
    assert np.abs(read_image(tmp_path / "x.JPG")[:, :, 0] - smooth.astype(int)).max() < 6


def test_colour_png_keeps_its_16_bits(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(imagecodecs.png_encode(DEEP))
    image = read_image(tmp_path / "x.png")
    assert image.dtype == np.uint16
    assert (image == DEEP).all()


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_dropped(mode: str, tmp_path: Path) -> None:
    Image.fromarray(COLOUR).convert(mode).save(tmp_path / "x.png")
    assert read_image(tmp_path / "x.png").shape == (20, 30, 1 if mode == "LA" else 3)


def test_colour_of_equal_channels_is_grey(tmp_path: Path) -> None:
    Image.fromarray(GREY).convert("RGBA").save(tmp_path / "x.png")
    assert (read_image(tmp_path / "x.png")[:, :, 0] == GREY).all()
    assert read_image(tmp_path / "x.png").shape == (20, 30, 1)


def test_palette_is_applied_to_images_and_is_the_number_in_masks(tmp_path: Path) -> None:
    indices = (GREY % 4).astype(np.uint8)
    coded = Image.fromarray(indices).convert("P")
    coded.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    coded.save(tmp_path / "x.png")
    assert (read_image(tmp_path / "x.png")[indices == 2] == (0, 255, 0)).all()
    assert (read_labels(tmp_path / "x.png") == indices).all()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int16", "float32", "float64"])
def test_tiff_of_any_depth(dtype: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", GREY.astype(dtype), photometric="minisblack")
    image = read_image(tmp_path / "x.tif")
    assert image.dtype == dtype
    assert (image[:, :, 0] == GREY).all()


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (np.moveaxis(DEEP, 2, 0), {"photometric": "minisblack"}),  # (C, H, W) as written
        (DEEP, {"photometric": "rgb"}),
        (np.moveaxis(DEEP, 2, 0), {"photometric": "rgb", "planarconfig": "separate"}),
        (np.moveaxis(DEEP, 2, 0), {"imagej": True, "metadata": {"axes": "CYX"}}),
        (np.moveaxis(DEEP, 2, 0), {"ome": True, "metadata": {"axes": "CYX"}}),
        (np.moveaxis(DEEP, 2, 0), {"photometric": "minisblack", "compression": "zlib"}),
    ],
)
def test_channels_of_a_tiff_come_last(pixels: np.ndarray, options: dict, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", pixels, **options)
    assert (read_image(tmp_path / "x.tif") == DEEP).all()


def test_two_channels_last(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", DEEP[:, :, :2], photometric="minisblack")
    assert (read_image(tmp_path / "x.tif") == DEEP[:, :, :2]).all()


@pytest.mark.parametrize("kind", ["pages", "imagej", "ome"])
def test_a_plane_of_a_stack(kind: str, tmp_path: Path) -> None:
    stack = RNG.integers(0, 9999, (6, 20, 30), dtype=np.uint16)
    path = tmp_path / "x.tif"
    if kind == "pages":
        pages = [Image.fromarray(page) for page in stack]
        pages[0].save(path, save_all=True, append_images=pages[1:])
    else:
        tifffile.imwrite(path, stack, metadata={"axes": "ZYX"}, **{kind: True})
    assert (read_image(path)[:, :, 0] == stack[0]).all()
    assert (read_image(path, plane=4)[:, :, 0] == stack[4]).all()
    with pytest.raises(DefectError, match="from 0 to 5"):
        read_image(path, plane=6)


def test_a_plane_of_a_stack_with_channels(tmp_path: Path) -> None:
    stack = RNG.integers(0, 9999, (4, 2, 20, 30), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "x.tif", stack, imagej=True, metadata={"axes": "ZCYX"})
    assert (read_image(tmp_path / "x.tif", plane=3) == np.moveaxis(stack[3], 0, 2)).all()


def test_channels_are_chosen_where_there_are_too_many(tmp_path: Path) -> None:
    many = RNG.integers(0, 9999, (5, 20, 30), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "x.tif", many, imagej=True, metadata={"axes": "CYX"})
    with pytest.raises(DefectError, match='channel="0,1"'):
        read_image(tmp_path / "x.tif")
    chosen = read_image(tmp_path / "x.tif", channels=(4, 1))
    assert (chosen == np.moveaxis(many[[4, 1]], 0, 2)).all()
    with pytest.raises(DefectError, match="from 0 to 4"):
        read_image(tmp_path / "x.tif", channels=(5,))


def test_npy(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.moveaxis(DEEP, 2, 0))
    assert (read_image(tmp_path / "x.npy") == DEEP).all()


def test_pixel_size(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    ome = {"axes": "YX", "PhysicalSizeX": 325.0, "PhysicalSizeXUnit": "nm"}
    tifffile.imwrite(path, GREY, ome=True, metadata=ome)
    assert pixel_size(path) == pytest.approx(0.325)
    tifffile.imwrite(path, GREY, imagej=True, resolution=(2.0, 2.0), metadata={"unit": "um"})
    assert pixel_size(path) == pytest.approx(0.5)
    tifffile.imwrite(path, GREY, resolution=(20000, 20000), resolutionunit="CENTIMETER")
    assert pixel_size(path) == pytest.approx(0.5)
    tifffile.imwrite(path, GREY, resolution=(72, 72), resolutionunit="INCH")
    assert pixel_size(path) is None


def encoded(suffix: str, folder: Path) -> Path:
    path = folder / f"x.{suffix}"
    pixels = RNG.integers(0, 256, (200, 200), dtype=np.uint8)
    if suffix == "npy":
        np.save(path, pixels)
    else:
        Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "bmp", "npy"])
@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5])
def test_truncated_files(suffix: str, kept: float, tmp_path: Path) -> None:
    path = encoded(suffix, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(DefectError, match=f"x.{suffix} is (damaged|empty).*: download or export"):
        read_image(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(DefectError, match="folder named like an image"):
        read_image(tmp_path / "folder.png")
    with pytest.raises(DefectError, match="does not exist"):
        read_image(tmp_path / "missing.png")
    (tmp_path / "text.tif").write_text("hello")
    with pytest.raises(DefectError, match="damaged"):
        read_image(tmp_path / "text.tif")
    np.save(tmp_path / "pickled.npy", {"a": 1}, allow_pickle=True)  # type: ignore[arg-type]
    with pytest.raises(DefectError, match="damaged"):
        read_image(tmp_path / "pickled.npy")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_permissions(tmp_path: Path) -> None:
    path = encoded("png", tmp_path)
    path.chmod(0)
    with pytest.raises(DefectError, match=r"may not be read.*chmod"):
        read_image(path)


def test_permission_is_named_where_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encoded("png", tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DefectError, match=r"may not be read.*chmod"):
        read_image(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_not_finite(value: float, tmp_path: Path) -> None:
    pixels = GREY.astype(np.float32)
    pixels[3, 4] = value
    tifffile.imwrite(tmp_path / "x.tif", pixels)
    with pytest.raises(DefectError, match="1 pixels that are NaN or infinite"):
        read_image(tmp_path / "x.tif")


def mask(values: np.ndarray, folder: Path) -> Path:
    tifffile.imwrite(folder / "m.tif", values, photometric="minisblack")
    return folder / "m.tif"


TWO = np.zeros((9, 9), np.int32)
TWO[1:4, 1:4], TWO[6:8, 6:8] = 1, 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (TWO - 3, "negative labels, the smallest is -3"),
        (TWO * 0.5, "fractions"),
        (np.where(TWO > 0, np.nan, 0), "fractions"),
        ((TWO > 0).astype(np.uint8) * 255, r"binary: one value \(255\) in 2 separate.*components"),
        ((TWO > 0).astype(np.uint8), r"binary: one value \(1\) in 2 separate.*components"),
    ],
)
def test_masks_that_are_no_instance_masks(values: np.ndarray, message: str, tmp_path: Path) -> None:
    with pytest.raises(DefectError, match=message):
        read_labels(mask(values, tmp_path))


def test_colour_coded_mask(tmp_path: Path) -> None:
    Image.fromarray(COLOUR).save(tmp_path / "m.png")
    with pytest.raises(DefectError, match="colour-coded"):
        read_labels(tmp_path / "m.png")


def test_components_of_a_binary_mask_on_request(tmp_path: Path) -> None:
    labels = read_labels(mask((TWO > 0).astype(np.uint8), tmp_path), components=True)
    assert (labels == TWO).all()


def test_masks_that_are_fine(tmp_path: Path) -> None:
    assert (read_labels(mask(TWO.astype(np.float32), tmp_path)) == TWO).all()
    assert (read_labels(mask(np.zeros((9, 9), np.uint8), tmp_path)) == 0).all()
    one_cell = (TWO == 1).astype(np.uint8)
    assert (read_labels(mask(one_cell, tmp_path)) == one_cell).all()


def test_more_cells_than_16_bits_hold(tmp_path: Path) -> None:
    many = np.arange(300 * 300, dtype=np.uint32).reshape(300, 300)
    assert (read_labels(mask(many, tmp_path)) == many).all()
    huge = np.where(TWO > 0, TWO.astype(np.uint32) + np.uint32(4_000_000_000), 0)
    assert len(np.unique(read_labels(mask(huge.astype(np.uint32), tmp_path)))) == 3


def tiles(count: int, dtype: str) -> np.ndarray:
    """Square cells with ground between them, numbered from 1 and cut to a type."""
    side = int(np.ceil(np.sqrt(count)))
    numbers = np.arange(1, side * side + 1).reshape(side, side)
    small = np.zeros((2 * side, 2 * side), np.int64)
    small[::2, ::2] = np.where(numbers <= count, numbers, 0)
    return np.repeat(np.repeat(small, 2, axis=0), 2, axis=1).astype(dtype)


@pytest.mark.parametrize(("count", "dtype"), [(400, "uint8"), (90_000, "uint16")])
def test_numbers_that_began_again(count: int, dtype: str, tmp_path: Path) -> None:
    with pytest.raises(
        DefectError, match=r"more cells than the \d+ numbers.*again in (16|32) bits"
    ):
        read_labels(mask(tiles(count, dtype), tmp_path))
    full = tiles(np.iinfo(dtype).max, dtype)
    assert (read_labels(mask(full, tmp_path)) == full).all()


def test_minus_one_in_an_unsigned_mask(tmp_path: Path) -> None:
    values = TWO.astype(np.uint16)
    values[0, :4] = 65535
    with pytest.raises(DefectError, match="65535, which is -1 in 16 bits, beside labels up to 2"):
        read_labels(mask(values, tmp_path))


def test_a_plane_of_a_mask_and_a_mask_for_all_planes(tmp_path: Path) -> None:
    stack = np.stack([TWO, np.roll(TWO, 1, axis=0)]).astype(np.uint16)
    tifffile.imwrite(tmp_path / "s.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    assert (read_labels(tmp_path / "s.tif", plane=1) == stack[1]).all()
    assert (read_labels(tmp_path / "s.tif") == stack[0]).all()
    assert (read_labels(mask(TWO, tmp_path), plane=1) == TWO).all()


def test_a_pipe_named_like_an_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.png")
    with pytest.raises(DefectError, match="no regular file"):
        read_image(tmp_path / "x.png")
