from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.trainables.gan.cells import make_samples
from trainables.data.sample import Sample
from trainables.gan.mask_sources import draw_masks
from trainables.gan.pool import Pool, draw_pool
from trainables.gan.pool_files import POOL, REAL, read_pool, read_samples, write_pool
from trainables.gan.protocol import Drawn
from trainables.randomness import Randomness
from trainables.spec import GanSpec


class LabelsAsImage:
    """A generator that paints the labels themselves, every `broken`-th image empty."""

    def __init__(self, *, broken: int) -> None:
        self._broken, self._painted = broken, 0

    def draw(
        self, samples: Sequence[Sample], *, count: int, side_px: int, rng: np.random.Generator
    ) -> list[Drawn]:
        masks = draw_masks(samples, count=count, crop_px=side_px, source="annotated", rng=rng)
        return [
            Drawn(image=self._paint(mask.labels), labels=mask.labels, sources=mask.sources)
            for mask in masks
        ]

    def _paint(self, labels: np.ndarray) -> np.ndarray:
        self._painted += 1
        visible = 0 if self._painted % self._broken == 0 else 1
        return (visible * labels)[..., None].astype(np.float32)

    def save(self, folder: Path) -> None: ...

    def load(self, folder: Path) -> None: ...


class ImageAsLabels:
    """A segmenter that reads labels from the image."""

    thresholds: dict[str, float] = {}  # noqa: RUF012

    def infer(self, image: np.ndarray) -> np.ndarray:
        return image

    def decode(self, inference: np.ndarray, thresholds: dict[str, float]) -> np.ndarray:
        return inference[..., 0].astype(np.int32)


def draw(*, broken: int, floor: float = 0.5) -> Pool:
    return draw_pool(
        LabelsAsImage(broken=broken),
        samples=make_samples(channels=1),
        spec=GanSpec(crop_px=64, pool_size=6),
        segmenter=ImageAsLabels(),  # type: ignore[arg-type]
        floor=floor,
        maker="gan7",
        randomness=Randomness((0,)),
    )


def test_what_the_segmenter_does_not_find_is_dropped() -> None:
    pool = draw(broken=3)
    assert pool.kept == 6
    assert pool.asked == 8  # the 3rd and the 6th were empty
    assert pool.share_dropped == 2 / 8
    assert pool.consistency.count(0.0) == 2
    assert all((sample.image[..., 0] == sample.labels).all() for sample in pool.samples)


def test_samples_say_where_they_come_from() -> None:
    for sample in draw(broken=3).samples:
        assert sample.provenance is not None
        assert sample.provenance.maker == "gan7"
        assert sample.provenance.sources == (sample.group,)
        assert sample.group in {"0", "1"}


def test_a_pool_may_stay_empty_and_ends_at_the_cap() -> None:
    pool = draw(broken=1)
    assert (pool.kept, pool.asked, pool.share_dropped) == (0, 24, 1.0)


def test_a_floor_of_zero_keeps_all() -> None:
    assert draw(broken=1, floor=0.0).asked == 6


def test_pool_file_gives_back_samples(tmp_path: Path) -> None:
    samples = draw(broken=3).samples
    write_pool(samples, tmp_path, name=POOL)
    for before, after in zip(samples, read_pool(tmp_path), strict=True):
        assert (before.id, before.group) == (after.id, after.group)
        assert before.provenance == after.provenance
        np.testing.assert_array_equal(before.labels, after.labels)
        np.testing.assert_allclose(before.image, after.image, rtol=1e-3)
        assert after.image.dtype == np.float32


def test_an_empty_pool_and_real_crops_can_be_stored(tmp_path: Path) -> None:
    write_pool([], tmp_path, name=POOL)
    assert read_pool(tmp_path) == []
    real = make_samples(channels=2)
    write_pool(real, tmp_path, name=REAL)
    again = read_samples(tmp_path, name=REAL)
    assert [sample.provenance for sample in again] == [None, None]
    assert [sample.image.shape for sample in again] == [sample.image.shape for sample in real]


def test_a_missing_pool_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must hold pool\.json"):
        read_pool(tmp_path)
