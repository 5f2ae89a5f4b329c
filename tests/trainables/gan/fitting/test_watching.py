from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.trainables.gan.cells import make_samples
from trainables.data.sample import Sample
from trainables.gan.fitting.watching import diversity, watch_distance
from trainables.gan.generators.painter import Painter
from trainables.gan.protocol import Drawn
from trainables.spec.gan_spec import GanSpec

SAMPLES = make_samples(channels=1, count=6)


class Brightness:
    """Makes flat crops of brightnesses around one value."""

    def __init__(self, value: float) -> None:
        self._value = value

    def draw(
        self, samples: Sequence[Sample], *, count: int, side_px: int, rng: np.random.Generator
    ) -> list[Drawn]:
        return [
            Drawn(
                image=np.full((side_px, side_px, 1), self._value + rng.normal(), np.float32),
                labels=np.zeros((side_px, side_px), np.int32),
                sources=("0",),
            )
            for _ in range(count)
        ]

    def save(self, folder: Path) -> None: ...

    def load(self, folder: Path) -> None: ...


def mean(images: np.ndarray) -> np.ndarray:
    return images.mean(axis=(1, 2)).astype(np.float64)


def test_the_distance_grows_as_crops_differ_from_unseen_ones() -> None:
    watch = watch_distance(SAMPLES, SAMPLES, side_px=32, features=mean, seed=0)
    near, far = watch(Brightness(0.2)), watch(Brightness(5.0))
    assert near < far
    assert watch(Brightness(0.2)) == near


def test_without_unseen_crops_there_is_no_distance() -> None:
    watch = watch_distance(SAMPLES, SAMPLES[:2], side_px=32, features=mean, seed=0)
    assert np.isnan(watch(Brightness(0.0)))


def test_the_same_masks_are_painted_at_every_measurement() -> None:
    painter = Painter(GanSpec(width=4), channels=1)
    painter.learn(SAMPLES[:2])
    watch = watch_distance(SAMPLES[:2], SAMPLES, side_px=32, features=mean, seed=0)
    assert watch(painter) == watch(painter)
    other = watch_distance(SAMPLES[:2], SAMPLES, side_px=32, features=mean, seed=1)
    assert other(painter) != watch(painter)


def test_diversity_of_a_painter_is_that_of_its_colours_and_noise() -> None:
    painter = Painter(GanSpec(width=4), channels=1)
    painter.learn(SAMPLES[:2])
    found = diversity(painter, SAMPLES[:2], side_px=64, rng=np.random.default_rng(0))
    assert 0 < found < 3
    assert found == pytest.approx(
        diversity(painter, SAMPLES[:2], side_px=64, rng=np.random.default_rng(0))
    )


def test_what_paints_no_maps_has_no_diversity() -> None:
    found = diversity(Brightness(0.0), SAMPLES, side_px=32, rng=np.random.default_rng(0))
    assert np.isnan(found)
