"""Large images are read and prepared in little more memory than their own pixels take."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.trainables.peak import peak_mib
from trainables.data import rescaled
from trainables.data.channels import with_channels
from trainables.data.files.files import read_image, read_labels
from trainables.data.files.label_rules import as_labels
from trainables.data.normalise import normalised
from trainables.data.rescaled import Rescaled
from trainables.data.sample import Sample, without_labels
from trainables.metrics.unknown import without_unknown

SIDE_PX = 2100


def numbers(dtype: str) -> np.ndarray:
    """Different values over the whole plane, far from those of a binary mask."""
    return np.arange(SIDE_PX**2).reshape(SIDE_PX, SIDE_PX).astype(dtype)


@pytest.mark.parametrize("suffix", [".tif", ".npy"])
def test_a_large_file_that_needs_no_decoding_is_mapped(suffix: str, tmp_path: Path) -> None:
    path, pixels = tmp_path / f"x{suffix}", numbers("uint16")
    np.save(path, pixels) if suffix == ".npy" else tifffile.imwrite(path, pixels)
    assert peak_mib(lambda: read_image(path)) < 0.1 * pixels.nbytes / 2**20
    assert (read_image(path)[:, :, 0] == pixels).all()


def test_labels_are_mapped_where_they_have_the_type_of_labels(tmp_path: Path) -> None:
    labels = numbers("int32")
    tifffile.imwrite(tmp_path / "x.tif", labels)
    assert peak_mib(lambda: read_labels(tmp_path / "x.tif")) < 0.9 * labels.nbytes / 2**20
    assert (read_labels(tmp_path / "x.tif") == labels).all()


@pytest.mark.parametrize("options", [{"compression": "zlib"}, {"byteorder": ">"}])
def test_other_large_files_are_decoded(options: dict, tmp_path: Path) -> None:
    pixels = numbers("uint16")
    tifffile.imwrite(tmp_path / "x.tif", pixels, **options)
    found = read_image(tmp_path / "x.tif")
    assert found.dtype.isnative
    assert (found[:, :, 0] == pixels).all()


def test_a_large_page_of_a_stack_is_mapped(tmp_path: Path) -> None:
    stack = np.stack([numbers("uint8"), numbers("uint8") + 1])
    tifffile.imwrite(tmp_path / "x.tif", stack, metadata={"axes": "ZYX"})
    assert peak_mib(lambda: read_image(tmp_path / "x.tif", plane=1)) < 1
    assert (read_image(tmp_path / "x.tif", plane=1)[:, :, 0] == stack[1]).all()


def test_colour_is_made_grey_where_it_is_looked_at() -> None:
    colour = np.random.default_rng(0).integers(0, 256, (3000, 3000, 3), np.uint8)
    grey = normalised(with_channels(colour, channels=1))
    shown = normalised(colour, channels=1)
    assert (shown.shape, shown.ranges) == (grey.shape, grey.ranges)
    np.testing.assert_array_equal(shown[200:400, 7:900], grey[200:400, 7:900])
    as_floats_mib = 4 * 3000**2 / 2**20
    assert peak_mib(lambda: normalised(colour, channels=1)) < 0.6 * as_floats_mib


def test_extremes_of_colour_made_grey() -> None:
    """Percentiles of an image that is nearly constant are equal, so its extremes are taken."""
    colour = np.zeros((100, 100, 3), np.uint8)
    colour[3, 4] = (30, 60, 90)
    assert normalised(colour, channels=1).ranges == ((0.0, 60.0),)


def test_an_image_is_shrunk_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    image = normalised(np.random.default_rng(0).integers(0, 4000, (1200, 900, 1), np.uint16))
    whole = Rescaled(image, 0.2)[:, :]
    in_one = peak_mib(lambda: Rescaled(image, 0.2)[:, :])
    monkeypatch.setattr(rescaled, "BLOCK_PX", 100_000)
    np.testing.assert_allclose(Rescaled(image, 0.2)[:, :], whole, atol=1e-6)
    np.testing.assert_allclose(Rescaled(image, 0.2)[50:170, 9:], whole[50:170, 9:], atol=1e-6)
    assert peak_mib(lambda: Rescaled(image, 0.2)[:, :]) < in_one / 4


def test_masks_of_floats_take_no_copy_of_64_bits() -> None:
    values = numbers("int32").astype(np.float32) % 5000
    labels = as_labels(values, file="x")
    assert labels.dtype == np.int32
    assert (labels == values).all()
    assert peak_mib(lambda: as_labels(values, file="x")) < 2.9 * values.nbytes / 2**20
    large = np.array([[0, 2**31, 2**31 + 5, 2**31]], np.float64)
    assert as_labels(large, file="x").tolist() == [[0, 1, 2, 1]]


def test_unknown_labels_take_no_memory() -> None:
    sample = Sample(
        id="a",
        image=np.zeros((1000, 1000, 1), np.float32),
        labels=np.zeros((1000, 1000), np.int32),
        group="a",
    )
    assert peak_mib(lambda: without_labels(sample)) < 0.1
    assert (without_labels(sample).labels == -1).all()


def test_unknown_pixels_are_taken_out_in_bands() -> None:
    at = np.arange(3000) // 20
    predicted = (at[:, None] * 150 + at[None] + 1).astype(np.int32)
    true = predicted.copy()
    true[:, :50] = -1  # all of two columns of cells, and half of the third: its rest is scored
    kept_true, kept = without_unknown(true, predicted)
    assert not kept[:, :50].any()
    assert not kept_true[:, :50].any()
    assert (kept[:, 50:] == predicted[:, 50:]).all()
    true[:, :51] = -1
    assert not without_unknown(true, predicted)[1][:, :60].any()
    # Both results, and in passing one mask of each pixel.
    assert peak_mib(lambda: without_unknown(true, predicted)) < 3.2 * true.nbytes / 2**20
