"""Looking at large images takes little more memory than they have, and gives what it gave."""

import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from trainables.data.areas import cell_areas
from trainables.data.bands import bands
from trainables.data.dividing import landmarks as landmarks_module
from trainables.data.dividing.landmarks import landmarks
from trainables.data.files.files import pixels_of
from trainables.data.opening.room import Room


def test_bands_are_the_whole_in_order() -> None:
    image = np.arange(70 * 9 * 2).reshape(70, 9, 2)
    parts = list(bands(image, px=100))
    assert max(part.shape[0] * part.shape[1] for part in parts) <= 100
    np.testing.assert_array_equal(np.concatenate(parts), image)
    assert len(list(bands(image, px=1))) == 70


def test_areas_are_summed_over_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainables.data.areas.BAND_PX", 8)
    # Label 3 has 2 + 3 pixels in different bands, label 9 one.
    labels = np.array([[0, 3, 3, -1], [0, 0, 0, 0], [3, 3, 3, 9], [0, 0, -1, 0]], np.int32)
    np.testing.assert_array_equal(cell_areas(labels), [5, 1])
    labels[labels == 9] = 60_000_000
    np.testing.assert_array_equal(cell_areas(labels), [5, 1])
    assert not len(cell_areas(np.full((4, 4), -1, np.int32)))


def test_landmarks_of_bands_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).integers(0, 255, (260, 200), np.uint8)
    whole = landmarks(image, px_per_landmark=1)  # as many as there are: none is chosen by strength
    monkeypatch.setattr(landmarks_module, "BAND_PX", 60 * 200)
    banded = landmarks(image, px_per_landmark=1)
    orders = [np.lexsort(found.positions.T) for found in (whole, banded)]
    np.testing.assert_array_equal(whole.positions[orders[0]], banded.positions[orders[1]])
    np.testing.assert_allclose(
        whole.descriptors[orders[0]], banded.descriptors[orders[1]], atol=1e-4
    )


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".bmp", ".npy"])
def test_the_head_of_a_file_tells_its_pixels(suffix: str, tmp_path: Path) -> None:
    path, pixels = tmp_path / f"image{suffix}", np.zeros((30, 50), np.uint8)
    if suffix == ".npy":
        np.save(path, pixels)
    elif suffix == ".tif":
        tifffile.imwrite(path, pixels)
    else:
        Image.fromarray(pixels).save(path)
    assert pixels_of(path) == 1500
    path.write_bytes(b"broken")
    assert pixels_of(path) == 0


def test_more_pixels_than_pillow_trusts_are_no_error(tmp_path: Path) -> None:
    """Pillow refuses to open more than 179 million pixels unless told otherwise."""
    path = tmp_path / "image.png"
    Image.fromarray(np.zeros((30, 50), np.uint8)).save(path)
    png = bytearray(path.read_bytes())
    png[16:24] = struct.pack(">II", 20_000, 19_000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    path.write_bytes(png)
    assert pixels_of(path) == 380_000_000


def test_threads_wait_for_room_and_one_above_the_limit_is_alone() -> None:
    room, lock = Room(10), threading.Lock()
    inside: list[int] = []
    seen: list[tuple[int, ...]] = []

    def visit(amount: int) -> None:
        with room.take(amount):
            with lock:
                inside.append(amount)
                seen.append(tuple(inside))
            sum(range(50_000))  # time for others to come in
            with lock:
                inside.remove(amount)

    threads = [threading.Thread(target=visit, args=(n,)) for n in (4, 4, 4, 25, 6, 25, 1, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(seen) == len(threads)
    assert all(sum(together) <= 10 or len(together) == 1 for together in seen)
