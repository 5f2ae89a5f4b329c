"""What every GAN must keep; a test module subclasses a contract and gives it a spec."""

import copy
import dataclasses
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainables.gan.cells import make_samples
from trainables.gan.fitting.batches import Material, draw_gan_batch
from trainables.gan.fitting.fit import fit_gan
from trainables.gan.fitting.health import SMALLEST_VARIETY, variety
from trainables.gan.generators.creator import Creator
from trainables.gan.generators.painter import Painter
from trainables.gan.protocol import Drawn, GanProgress
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec, paper_gan
from trainables.spec.randomness import Randomness, fence
from trainables.training.contract import NoCheckpoints
from trainables.training.device import best_device


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


def small(architecture: str, **changes: object) -> GanSpec:
    """Nearly as small as the architecture goes: four steps of both sides."""
    return paper_gan(
        architecture,
        **({"width": 4, "images_seen": 8, "batch_size": 2, "crop_px": 32, "critic_steps": 1})
        | changes,
    )


class GanContract:
    """Shapes, types, the same seed the same result, saving, resuming, no touched global state."""

    spec: GanSpec

    @classmethod
    def fit(cls, *, channels: int = 1, seed: int = 0, **options: object) -> Painter | Creator:
        return fit_gan(
            make_samples(channels=channels),
            randomness=Randomness((seed,)),
            **(
                {
                    "spec": cls.spec,
                    "report": lambda progress: None,
                    "checkpoints": NoCheckpoints(),
                }
                | options
            ),
        )

    def settled(self, generator: Painter | Creator) -> Painter | Creator:
        """A fit long enough to differ from crop to crop; where maps are painted, any is."""
        return generator

    @pytest.fixture(scope="class")
    @classmethod
    def progress(cls) -> list[GanProgress]:
        return []

    @pytest.fixture(scope="class")
    @classmethod
    def generator(cls, progress: list[GanProgress]) -> Painter | Creator:
        return cls.fit(report=progress.append)

    @staticmethod
    def draw(generator: Painter | Creator, *, seed: int = 0, channels: int = 1) -> list[Drawn]:
        return generator.draw(
            make_samples(channels=channels),
            count=3,
            side_px=64,
            rng=np.random.default_rng(seed),
        )

    def images(self, generator: Painter | Creator, *, seed: int = 0) -> np.ndarray:
        return np.stack([crop.image for crop in self.draw(generator, seed=seed)])

    def test_crops_are_images_with_labels_and_sources(self, generator: Painter | Creator) -> None:
        crops = self.draw(generator)
        assert len(crops) == 3
        for crop in crops:
            assert crop.image.shape == (64, 64, 1)
            assert crop.labels.shape == (64, 64)
            assert (crop.image.dtype, crop.labels.dtype) == (np.float32, np.int32)
            assert np.isfinite(crop.image).all()
            assert crop.labels.min() >= 0
            assert crop.sources
            assert set(crop.sources) <= {"0", "1"}

    def test_colour_can_be_fitted(self) -> None:
        crop = self.draw(self.fit(channels=3), channels=3)[0]
        assert crop.image.shape == (64, 64, 3)
        assert np.ptp(crop.image, axis=2).max() > 0  # the channels are not copies of one another

    def test_same_rng_same_crops_and_another_others(self, generator: Painter | Creator) -> None:
        np.testing.assert_array_equal(
            self.images(generator, seed=1), self.images(generator, seed=1)
        )
        assert not np.array_equal(self.images(generator, seed=1), self.images(generator, seed=2))

    def test_load_gives_back_what_was_saved(
        self, generator: Painter | Creator, tmp_path: Path
    ) -> None:
        generator.save(tmp_path)
        loaded = type(generator)(self.spec, channels=1)
        loaded.load(tmp_path)
        np.testing.assert_array_equal(self.images(generator), self.images(loaded))

    def test_fit_depends_on_its_seed_and_neither_reads_nor_moves_global_state(
        self, generator: Painter | Creator
    ) -> None:
        torch.manual_seed(99)
        np.random.seed(99)
        random.seed(99)
        before = (torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate())
        np.testing.assert_array_equal(self.images(generator), self.images(self.fit(seed=0)))
        assert torch.equal(before[0], torch.get_rng_state())
        np.testing.assert_array_equal(before[1], np.random.get_state()[1])
        assert before[2] == random.getstate()
        assert not np.array_equal(self.images(generator), self.images(self.fit(seed=1)))

    def test_a_resumed_fit_equals_an_uninterrupted_one(
        self, generator: Painter | Creator, progress: list[GanProgress], tmp_path: Path
    ) -> None:
        checkpoints = OneCheckpoint(tmp_path, after=3)
        with pytest.raises(InterruptedError):
            self.fit(checkpoints=checkpoints)
        resumed: list[GanProgress] = []
        again = self.fit(checkpoints=checkpoints, report=resumed.append)
        np.testing.assert_array_equal(self.images(generator), self.images(again))
        assert [(entry.images_seen, entry.losses) for entry in progress] == [
            (entry.images_seen, entry.losses) for entry in resumed
        ]
        assert progress[-1].images_seen == self.spec.images_seen

    def test_the_generator_learns(self, generator: Painter | Creator) -> None:
        assert not np.array_equal(self.images(generator), self.images(self.untrained()))

    def test_a_generator_that_paints_the_same_whatever_it_is_given_is_found_out(
        self, generator: Painter | Creator
    ) -> None:
        network = copy.deepcopy(self.settled(generator).network)
        architecture = ARCHITECTURES[self.spec.architecture]
        with fence(0):
            noise_channels = architecture.make(self.spec, 1).noise_channels
        batch = draw_gan_batch(
            Material(images=make_samples(channels=1)),
            spec=dataclasses.replace(self.spec, batch_size=4),
            noise_channels=noise_channels,
            rng=np.random.default_rng(0),
            device=best_device(),
        )
        told = architecture.is_told_colours
        assert variety(network, batch, told_colours=told) > SMALLEST_VARIETY
        heads = [part for name, part in network.named_modules() if name.endswith("head")]
        assert heads
        for head in heads:
            torch.nn.init.zeros_(head.weight)
        assert variety(network, batch, told_colours=told) < SMALLEST_VARIETY / 100

    def untrained(self) -> Painter | Creator:
        """As fitted, but without a step that changes anything."""
        return self.fit(spec=dataclasses.replace(self.spec, learning_rate=0.0))


class CreatorContract(GanContract):
    """What holds where images and maps are made together, from noise."""

    def settled(self, generator: Painter | Creator) -> Painter | Creator:
        return self.fit(spec=dataclasses.replace(self.spec, images_seen=32))


class PainterContract(GanContract):
    """What holds where images are painted for given labels."""

    def labels(self) -> np.ndarray:
        return make_samples(channels=1)[0].labels[:64, :96]

    def test_paints_single_maps_and_batches(self, generator: Painter) -> None:
        single = generator.paint(self.labels(), np.random.default_rng(0))
        batch = generator.paint(np.stack([self.labels()] * 2), np.random.default_rng(0))
        assert single.shape == (64, 96, 1)
        assert batch.shape == (2, 64, 96, 1)

    def test_the_image_follows_the_labels(self, generator: Painter) -> None:
        moved = np.roll(self.labels(), 32, axis=1)
        first, second = (
            generator.paint(labels, np.random.default_rng(0), like="0")
            for labels in (self.labels(), moved)
        )
        assert np.abs(first - second).mean() > 1e-3

    def test_one_map_and_one_palette_give_many_images(self, generator: Painter) -> None:
        empty = np.zeros((64, 64), np.int32)
        first, second = (
            generator.paint(empty, np.random.default_rng(seed), like="0") for seed in (0, 1)
        )
        assert np.abs(first - second).max() > 1e-4

    def test_unknown_pixels_and_label_gaps_change_nothing(self, generator: Painter) -> None:
        other = np.where(self.labels() > 0, self.labels() * 7 + 3, -1).astype(np.int32)
        np.testing.assert_array_equal(
            generator.paint(self.labels(), np.random.default_rng(0)),
            generator.paint(other, np.random.default_rng(0)),
        )

    def test_sides_that_do_not_fit_are_refused(self, generator: Painter) -> None:
        with pytest.raises(ValueError, match="multiples of 32"):
            generator.paint(np.zeros((40, 64), np.int32), np.random.default_rng(0))
