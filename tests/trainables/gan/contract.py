"""What every GAN must keep; a test module subclasses `GanContract` and names the architecture."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainables.gan.cells import make_samples
from trainables.gan.fit import fit_gan
from trainables.gan.painter import Painter
from trainables.gan.protocol import GanProgress, Generator
from trainables.randomness import Randomness
from trainables.segmenters.protocol import NoCheckpoints
from trainables.spec import GanSpec


class OneCheckpoint:
    """Keeps the state after some steps, then breaks off; the second time it lets the fit pass."""

    def __init__(self, folder: Path, *, after: int) -> None:
        self._folder, self._left, self._saved = folder, after, False

    def due(self) -> bool:
        self._left -= 1
        return self._left == 0

    def save(self, write: Callable[[Path], None]) -> None:
        write(self._folder)
        self._saved = True
        raise InterruptedError

    def load(self) -> Path | None:
        return self._folder if self._saved else None


class GanContract:
    """Shapes, types, the same seed the same result, saving, resuming, no touched global state."""

    spec: GanSpec

    @pytest.fixture(scope="class", params=[1, 2, 3])
    @classmethod
    def channels(cls, request: pytest.FixtureRequest) -> int:
        return request.param

    @pytest.fixture(scope="class")
    @classmethod
    def generator(cls, channels: int) -> Generator:
        return cls.fit(channels=channels)

    @classmethod
    def fit(cls, *, channels: int = 1, seed: int = 0, **options: object) -> Generator:
        return fit_gan(
            make_samples(channels=channels),
            spec=cls.spec,
            randomness=Randomness((seed,)),
            **({"report": lambda progress: None, "checkpoints": NoCheckpoints()} | options),
        )

    def labels(self) -> np.ndarray:
        return np.stack([sample.labels[:64, :96] for sample in make_samples(channels=1)])

    def paint(self, generator: Generator, seed: int = 0) -> np.ndarray:
        return generator.paint(self.labels(), np.random.default_rng(seed))

    def test_paints_batches_and_single_maps(self, generator: Generator, channels: int) -> None:
        batch = self.paint(generator)
        single = generator.paint(self.labels()[0], np.random.default_rng(0))
        assert batch.dtype == single.dtype == np.float32
        assert batch.shape == (*self.labels().shape, channels)
        assert single.shape == batch.shape[1:]
        assert np.isfinite(batch).all()

    def test_same_generator_state_same_images_and_another_others(
        self, generator: Generator
    ) -> None:
        np.testing.assert_array_equal(self.paint(generator, 1), self.paint(generator, 1))
        assert not np.array_equal(self.paint(generator, 1), self.paint(generator, 2))

    def test_one_map_and_one_palette_give_many_images(self, generator: Generator) -> None:
        empty = np.zeros((64, 64), np.int32)
        first, second = (
            generator.paint(empty, np.random.default_rng(seed), like="0") for seed in (0, 1)
        )
        assert np.abs(first - second).max() > 1e-4

    def test_unknown_pixels_and_label_gaps_change_nothing(self, generator: Generator) -> None:
        labels = self.labels()[0]
        other = np.where(labels > 0, labels * 7 + 3, -1).astype(np.int32)
        np.testing.assert_array_equal(
            generator.paint(labels, np.random.default_rng(0)),
            generator.paint(other, np.random.default_rng(0)),
        )

    def test_load_gives_back_what_was_saved(
        self, generator: Generator, channels: int, tmp_path: Path
    ) -> None:
        generator.save(tmp_path)
        loaded = Painter(self.spec, channels=channels)
        loaded.load(tmp_path)
        np.testing.assert_array_equal(self.paint(generator), self.paint(loaded))

    def test_sides_that_do_not_fit_are_refused(self, generator: Generator) -> None:
        with pytest.raises(ValueError, match="multiples of 32"):
            generator.paint(np.zeros((40, 64), np.int32), np.random.default_rng(0))

    def test_fit_depends_on_its_seed_and_on_no_global_state(self) -> None:
        first = self.paint(self.fit(seed=0))
        torch.manual_seed(99)
        np.random.seed(99)
        random.seed(99)
        np.testing.assert_array_equal(first, self.paint(self.fit(seed=0)))
        assert not np.array_equal(first, self.paint(self.fit(seed=1)))

    def test_fit_leaves_the_global_generators_alone(self) -> None:
        before = (torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate())
        self.fit()
        assert torch.equal(before[0], torch.get_rng_state())
        np.testing.assert_array_equal(before[1], np.random.get_state()[1])
        assert before[2] == random.getstate()

    def test_a_resumed_fit_equals_an_uninterrupted_one(self, tmp_path: Path) -> None:
        whole: list[GanProgress] = []
        expected = self.paint(self.fit(report=whole.append))
        checkpoints = OneCheckpoint(tmp_path, after=3)
        with pytest.raises(InterruptedError):
            self.fit(checkpoints=checkpoints)
        resumed: list[GanProgress] = []
        actual = self.paint(self.fit(checkpoints=checkpoints, report=resumed.append))
        np.testing.assert_array_equal(expected, actual)
        seen = [(step.images_seen, step.reconstruction_loss) for step in whole]
        assert seen == [(step.images_seen, step.reconstruction_loss) for step in resumed]
        assert seen[-1][0] == self.spec.images_seen
