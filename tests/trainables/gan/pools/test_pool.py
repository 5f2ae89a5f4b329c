import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.trainables.gan.cells import make_samples
from trainables.data.sample import Provenance, Sample
from trainables.gan.masks.sources import draw_masks
from trainables.gan.pools.files import POOL, REAL, read_pool, read_samples, write_pool
from trainables.gan.pools.pool import Pool, draw_again, draw_pool, empty_share
from trainables.gan.protocol import Drawn, Generator
from trainables.spec.gan_spec import GanSpec
from trainables.spec.randomness import Randomness


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


class Background:
    """A generator that makes images and maps without cells, all but every `filled`-th one."""

    def __init__(self, *, filled: int) -> None:
        self._filled, self._made = filled, 0

    def draw(
        self, samples: Sequence[Sample], *, count: int, side_px: int, rng: np.random.Generator
    ) -> list[Drawn]:
        return [self._make(side_px) for _ in range(count)]

    def _make(self, side_px: int) -> Drawn:
        self._made += 1
        labels = np.zeros((side_px, side_px), np.int32)
        labels[40:60, 40:60] = self._made % self._filled == 0
        return Drawn(image=labels[..., None].astype(np.float32), labels=labels, sources=("0",))

    def save(self, folder: Path) -> None: ...

    def load(self, folder: Path) -> None: ...


def draw(*, broken: int, floor: float = 0.5) -> Pool:
    return pool_of(LabelsAsImage(broken=broken), floor=floor)


def pool_of(
    generator: Generator,
    *,
    floor: float = 0.5,
    real_empty_share: float = 0.0,
    pool_size: int = 6,
) -> Pool:
    return draw_pool(
        generator,
        samples=make_samples(channels=1),
        spec=GanSpec(crop_px=64, pool_size=pool_size),
        segmenter=ImageAsLabels(),  # type: ignore[arg-type]
        floor=floor,
        real_empty_share=real_empty_share,
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


def test_a_sample_can_be_made_again() -> None:
    """The 5th and the 14th of a pool with drops, from what is written about them alone."""
    pool = pool_of(LabelsAsImage(broken=3), pool_size=14)
    assert len({(s.provenance.seed, s.provenance.place) for s in pool.samples}) == 14
    for sample in (pool.samples[4], pool.samples[13]):
        again = draw_again(
            LabelsAsImage(broken=1000),
            samples=make_samples(channels=1),
            spec=GanSpec(crop_px=64),
            provenance=sample.provenance,
        )
        np.testing.assert_array_equal(again.labels, sample.labels)
        np.testing.assert_array_equal(again.image, sample.image)
    with pytest.raises(ValueError, match="seed is known"):
        draw_again(
            LabelsAsImage(broken=1),
            samples=make_samples(channels=1),
            spec=GanSpec(crop_px=64),
            provenance=Provenance(maker="gan7", sources=("0",)),
        )


def test_a_pool_may_stay_empty_and_ends_at_the_cap() -> None:
    pool = draw(broken=1)
    assert (pool.kept, pool.asked, pool.share_dropped) == (0, 24, 1.0)


def test_a_floor_of_zero_keeps_all() -> None:
    assert draw(broken=1, floor=0.0).asked == 6


def test_a_generator_of_background_alone_gives_no_pool() -> None:
    """Nothing made and nothing found is no agreement where real crops hold cells."""
    pool = pool_of(Background(filled=1000))
    assert (pool.kept, pool.asked, pool.empty_share) == (0, 24, 1.0)
    assert set(pool.consistency) == {0.0}


def test_crops_without_cells_are_kept_as_far_as_real_ones_have_none() -> None:
    """Every second crop holds a cell; a third of the real crops hold none."""
    pool = pool_of(Background(filled=2), real_empty_share=1 / 3)
    assert [sample.cell_count for sample in pool.samples] == [1, 1, 0, 1, 1, 0]
    assert pool.empty_share == pytest.approx(0.5, abs=0.1)
    assert pool_of(Background(filled=1000), real_empty_share=1.0).kept == 6


def test_share_of_label_images_without_cells() -> None:
    """Unknown pixels may hide a cell."""
    unknown = np.full((4, 4), -1, np.int32)
    assert empty_share([np.zeros((4, 4), np.int32), unknown, -unknown]) == 1 / 3
    assert empty_share([]) == 0


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


def test_a_long_tail_of_brightness_is_kept(tmp_path: Path) -> None:
    """16 bits hold no more than 65,504; a constant image and a very bright pixel."""
    sample = make_samples(channels=1)[0]
    image = np.full_like(sample.image, 0.5)
    image[3, 4], image[3, 5] = 1e6, -7e4
    write_pool([dataclasses.replace(sample, image=image)], tmp_path, name=POOL)
    np.testing.assert_allclose(read_pool(tmp_path)[0].image, image, rtol=1e-3)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "RGB"), (3, "RGB")])
def test_a_person_can_look_at_the_crops(tmp_path: Path, channels: int, mode: str) -> None:
    samples = make_samples(channels=channels)
    write_pool(samples, tmp_path, name=POOL)
    with Image.open(tmp_path / "pool_view.tif") as view:
        assert (view.mode, view.n_frames) == (mode, 2)
        view.seek(1)
        shown = np.atleast_3d(np.asarray(view))[..., :channels] / 255
    np.testing.assert_allclose(shown, samples[1].image.clip(0, 1), atol=1 / 255)


def test_a_missing_pool_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must hold pool\.json"):
        read_pool(tmp_path)
