"""Arrays beyond a bound of memory are read from files, and nothing is left of these."""

import gc
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from trainables.data.crops import draw_crop
from trainables.data.sample import Sample
from trainables.data.shelf import Shelf


def is_mapped(array: np.ndarray | None) -> bool:
    while isinstance(array, np.ndarray):
        array = array.base  # type: ignore[assignment]
    return isinstance(array, mmap.mmap)


def test_only_what_fits_stays_in_memory() -> None:
    shelf = Shelf(memory_bytes=5000)
    first, second, third = (np.arange(n, dtype=np.int32) for n in (1000, 1000, 200))
    assert shelf.keep(first) is first
    kept = shelf.keep(second)
    assert is_mapped(kept)
    np.testing.assert_array_equal(kept, second)
    assert shelf.keep(third) is third


def test_a_sample_from_a_file_gives_the_same_crops(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rng = np.random.default_rng(0)
    image = rng.random((150, 90, 2), np.float32).transpose(1, 0, 2)  # not contiguous
    labels = rng.integers(-1, 9, (90, 150)).astype(np.int32)
    sample = Sample(id="s", image=image, labels=labels, group="s")

    kept = Shelf(memory_bytes=0).keep_sample(sample)

    assert is_mapped(kept.image)
    assert is_mapped(kept.labels)
    for seed in range(5):
        crops = [
            draw_crop(one, crop_px=64, zoom=1.5, rng=np.random.default_rng(seed))
            for one in (sample, kept)
        ]
        for whole, mapped in zip(*crops, strict=True):
            np.testing.assert_array_equal(mapped, whole)
    assert not list(tmp_path.iterdir())
    open_files = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    del kept, crops, mapped
    gc.collect()
    if open_files:
        assert len(os.listdir("/proc/self/fd")) <= open_files
