"""Pools of really fitted GANs: one annotated image, none of whose cells touch; and in colour."""

import dataclasses

import numpy as np
import pytest

from tests.benchmarks.gan_sheets import stained_samples
from tests.trainables.gan.architectures.contract import small
from tests.trainables.gan.cells import make_grid
from trainables.data.sample import Sample
from trainables.gan.fitting.fit import fit_gan
from trainables.gan.generators.creator import Creator
from trainables.gan.generators.painter import Painter
from trainables.gan.masks.sources import touching_share
from trainables.gan.pools.pool import draw_pool
from trainables.spec.gan_spec import GanSpec
from trainables.spec.randomness import Randomness
from trainables.training.contract import NoCheckpoints


class FindsNothing:
    """A segmenter without which a floor of 0 keeps all."""

    thresholds: dict[str, float] = {}  # noqa: RUF012

    def infer(self, image: np.ndarray) -> np.ndarray:
        return image

    def decode(self, inference: np.ndarray, thresholds: dict[str, float]) -> np.ndarray:
        return np.zeros(inference.shape[:2], np.int32)


def fitted(samples: list[Sample], spec: GanSpec) -> Painter | Creator:
    return fit_gan(
        samples,
        spec=spec,
        randomness=Randomness((0,)),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )


def test_one_image_without_touching_cells_gives_a_pool_without_them() -> None:
    samples = [make_grid(pitch_px=26)]
    spec = small("paired", pool_size=6, crop_px=64, images_seen=4)
    pool = draw_pool(
        fitted(samples, spec),
        samples=samples,
        spec=spec,
        segmenter=FindsNothing(),  # type: ignore[arg-type]
        floor=0.0,
        real_empty_share=0.0,
        maker="gan",
        randomness=Randomness((0,)),
    )
    assert (pool.kept, pool.empty_share) == (6, 0)
    for sample in pool.samples:
        assert sample.image.shape == (96, 96, 1)
        assert sample.cell_count > 2
        assert touching_share(sample.labels) == 0
        assert sample.provenance is not None
        assert sample.provenance.sources == ("grid",)


@pytest.fixture(scope="module")
def stained() -> list[Sample]:
    """Two simulated sections, as if stained with H&E, the second one far more."""
    first, second = stained_samples(count=2)
    tint = np.array([1.0, 0.4, 0.7], np.float32)
    return [first, dataclasses.replace(second, image=second.image * tint)]


def test_stained_sections_are_painted_in_the_colours_of_one_of_them(stained: list[Sample]) -> None:
    """After a few steps the told colours are all there is; each section has its own."""
    painter = fitted(stained, small("paired", images_seen=4))
    assert isinstance(painter, Painter)
    for sample in stained:
        labels = sample.labels[:128, :128]
        painted = painter.paint(labels, np.random.default_rng(0), like=sample.id)
        for whole, part in ((sample.labels == 0, labels == 0), (sample.labels > 0, labels > 0)):
            colour = sample.image[whole].mean(axis=0)
            np.testing.assert_allclose(painted[part].mean(axis=0), colour, atol=0.15)


def test_stained_sections_can_be_learnt_without_pairs(stained: list[Sample]) -> None:
    spec = small("cyclegan", mask_source="annotated")
    generator = fitted(stained, spec)
    crop = generator.draw(stained, count=1, side_px=64, rng=np.random.default_rng(0))[0]
    assert crop.image.shape == (64, 64, 3)
    assert np.isfinite(crop.image).all()
    assert np.ptp(crop.image.mean(axis=(0, 1))) > 0.01  # in colour, not grey
