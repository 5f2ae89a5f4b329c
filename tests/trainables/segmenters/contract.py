"""What every segmenter promises, as one suite of tests, which runs over `FAMILIES` by itself."""

import dataclasses
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import pytest

from trainables.data.sample import IGNORED, Sample
from trainables.results.result import Progress
from trainables.segmenters.families import FAMILIES
from trainables.segmenters.made import make_segmenter
from trainables.segmenters.protocol import Segmenter
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, GanFitSpec, SegmenterSettings, TrialSpec
from trainables.training.clock import TrainingDiverged, evaluation_steps, images_seen
from trainables.training.contract import Checkpoints, Extra, NoCheckpoints

Seeded = TypeVar("Seeded", TrialSpec, GanFitSpec)
SIDE_PX = 80
RADIUS_PX = 8


class Interrupted(Exception):  # noqa: N818, it is no error
    """Stands for the kill of a training."""


class InterruptingCheckpoints:
    """Saves once after the first report, and then interrupts the training."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reports: list[Progress] = []
        self.saved = False

    def due(self) -> bool:
        if self.saved:
            raise Interrupted
        return len(self.reports) > 0

    def save(self, write: Callable[[Path], None]) -> None:
        write(self.folder)
        self.saved = True

    def load(self) -> Path | None:
        return None


class SavedCheckpoint(NoCheckpoints):
    """Offers the state that another training left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> Path | None:
        return self.folder


class SegmenterContract:
    """See `suites`."""

    segmenter: ClassVar[SegmenterSettings]
    training: ClassVar[TrainingSpec] = TrainingSpec(
        images_seen=32, batch_size=4, evaluations=2, crop_px=64, learning_rate=2e-3
    )

    @classmethod
    def make(
        cls, *, seed: int = 0, channels: int = 1, training: TrainingSpec | None = None
    ) -> Segmenter:
        spec = TrialSpec(
            stage="search",
            arm="contract",
            study_seed=7,
            seed=seed,
            data=DataSpec(split="contract", annotation_count=2, draw=0),
            segmenter=cls.segmenter,
            training=training or cls.training,
        )
        return make_segmenter(spec, channels=channels)

    @classmethod
    def train(
        cls,
        *,
        seed: int = 0,
        channels: int = 1,
        report: Callable[[Progress], None] = lambda progress: None,
        checkpoints: Checkpoints | None = None,
    ) -> Segmenter:
        segmenter = cls.make(seed=seed, channels=channels)
        segmenter.fit(
            [simulated_sample("training", channels=channels)],
            extra=Extra(pool=[simulated_sample("synthetic", channels=channels)], ratio=0.5),
            validation=[simulated_sample("validation", channels=channels)],
            randomness=Randomness((7, 0, seed)),
            report=report,
            checkpoints=checkpoints or NoCheckpoints(),
        )
        return segmenter

    @pytest.fixture(scope="class")
    @classmethod
    def reports(cls) -> list[Progress]:
        """What `trained` has reported."""
        return []

    @pytest.fixture(scope="class")
    @classmethod
    def trained(cls, reports: list[Progress]) -> Segmenter:
        return cls.train(report=reports.append)

    def test_reports_follow_the_clock(self, trained: Segmenter, reports: list[Progress]) -> None:
        steps = evaluation_steps(self.training)
        assert [entry.images_seen for entry in reports] == [
            images_seen(self.training, step) for step in steps
        ]
        seconds = [entry.device_seconds for entry in reports]
        assert seconds == sorted(seconds)
        assert seconds[0] > 0
        assert all(0 <= entry.validation_f1 <= 1 for entry in reports)

    def test_the_loss_falls(self, trained: Segmenter, reports: list[Progress]) -> None:
        assert np.isfinite([entry.loss for entry in reports]).all()
        assert reports[-1].loss < reports[0].loss

    @pytest.mark.parametrize("shape", [(64, 64), (37, 90), (130, 33)])
    def test_labels_have_the_shape_of_the_image(
        self, trained: Segmenter, shape: tuple[int, int]
    ) -> None:
        check_labels(predict(trained, simulated_sample("other", shape=shape).image), shape)

    def test_a_constant_image_gives_labels(self, trained: Segmenter) -> None:
        check_labels(predict(trained, np.zeros((48, 64, 1), np.float32)), (48, 64))

    @pytest.mark.parametrize("channels", [2, 3])
    def test_images_may_have_more_channels(self, channels: int) -> None:
        segmenter = self.train(channels=channels)
        image = simulated_sample("other", channels=channels).image
        check_labels(predict(segmenter, image), image.shape[:2])

    def test_crops_may_be_larger_than_the_images(self) -> None:
        small = [simulated_sample(name, shape=(64, 64)) for name in ("training", "validation")]
        one_step = dataclasses.replace(self.training, images_seen=4, evaluations=1, crop_px=128)
        segmenter = self.make(training=one_step)
        reports: list[Progress] = []
        segmenter.fit(
            small[:1],
            extra=Extra(),
            validation=small[1:],
            randomness=Randomness((7, 0, 0)),
            report=reports.append,
            checkpoints=NoCheckpoints(),
        )
        assert np.isfinite(reports[-1].loss)
        check_labels(predict(segmenter, small[1].image), (64, 64))

    def test_every_threshold_may_be_tuned(self, trained: Segmenter) -> None:
        values = trained.threshold_values()
        assert trained.thresholds == {name: options[0] for name, options in values.items()}
        inference = trained.infer(simulated_sample("other").image)
        for name, options in values.items():
            assert len(set(options)) == len(options)
            for option in options:
                labels = trained.decode(inference, trained.thresholds | {name: option})
                check_labels(labels, (SIDE_PX, SIDE_PX))

    def test_a_loaded_segmenter_gives_the_same_labels(
        self, trained: Segmenter, tmp_path: Path
    ) -> None:
        image = simulated_sample("other").image
        changed = {name: options[-1] for name, options in trained.threshold_values().items()}
        loaded = self.make(seed=1)
        usual, trained.thresholds = trained.thresholds, changed
        try:
            trained.save(tmp_path)
            expected = predict(trained, image)
        finally:
            trained.thresholds = usual
        loaded.load(tmp_path)
        assert loaded.thresholds == changed
        assert_same(loaded.infer(image), trained.infer(image))
        assert_same(predict(loaded, image), expected)

    def test_training_may_start_from_saved_weights(
        self, trained: Segmenter, tmp_path: Path
    ) -> None:
        trained.save(tmp_path)
        started = self.make(seed=1)
        started.initialise(tmp_path)
        image = simulated_sample("other").image
        assert_same(started.infer(image), trained.infer(image))

    def test_the_same_seed_gives_the_same_result_whatever_the_global_state(
        self, trained: Segmenter
    ) -> None:
        pollute()
        before = random.getstate(), np.random.get_state()
        again = self.train()
        assert_same((random.getstate(), np.random.get_state()), before)
        assert_same(weights_seen(again), weights_seen(trained))

    def test_images_without_a_cell_and_cells_larger_than_the_crop_are_trained_on(self) -> None:
        noise = simulated_sample("empty").image
        empty = Sample(id="empty", image=noise, labels=np.zeros((SIDE_PX,) * 2, np.int32), group="")
        one = dataclasses.replace(empty, id="one", labels=np.ones((SIDE_PX,) * 2, np.int32))
        reports: list[Progress] = []
        self.make().fit(
            [empty, one],
            extra=Extra(),
            validation=[empty],
            randomness=Randomness((7, 0, 0)),
            report=reports.append,
            checkpoints=NoCheckpoints(),
        )
        assert np.isfinite([entry.loss for entry in reports]).all()
        assert np.isfinite([entry.validation_f1 for entry in reports]).all()

    def test_a_learning_rate_that_diverges_is_named(self) -> None:
        training = dataclasses.replace(self.training, learning_rate=1e30, decay="constant")
        segmenter = self.make(training=training)
        with pytest.raises(TrainingDiverged, match="lower the learning rate"):
            segmenter.fit(
                [simulated_sample("training")],
                extra=Extra(),
                validation=[simulated_sample("validation")],
                randomness=Randomness((7, 0, 0)),
                report=lambda progress: None,
                checkpoints=NoCheckpoints(),
            )

    def test_another_seed_gives_another_result(self, trained: Segmenter) -> None:
        other = self.train(seed=1)
        with pytest.raises(AssertionError):
            assert_same(weights_seen(other), weights_seen(trained))

    def test_an_interrupted_training_ends_like_one_that_was_not(
        self, trained: Segmenter, reports: list[Progress], tmp_path: Path
    ) -> None:
        checkpoints = InterruptingCheckpoints(tmp_path)
        with pytest.raises(Interrupted):
            self.train(report=checkpoints.reports.append, checkpoints=checkpoints)
        assert len(checkpoints.reports) < len(reports)
        pollute()
        reported: list[Progress] = []
        resumed = self.train(report=reported.append, checkpoints=SavedCheckpoint(tmp_path))
        assert without_times(reported) == without_times(reports)
        assert reported[0].device_seconds == checkpoints.reports[0].device_seconds
        assert reported[-1].device_seconds > reported[0].device_seconds
        assert_same(weights_seen(resumed), weights_seen(trained))

    def test_export_writes_what_it_names(self, trained: Segmenter, tmp_path: Path) -> None:
        assert trained.export(tmp_path).exists()


def simulated_sample(
    name: str, *, shape: tuple[int, int] = (SIDE_PX, SIDE_PX), channels: int = 1
) -> Sample:
    """Bright round cells on a dark noisy background; the last two columns are unknown."""
    rng = Randomness(("contract",)).generator(name)
    rows, columns = np.indices(shape)
    labels = np.zeros(shape, np.int32)
    for cell in range(1, 2 + shape[0] * shape[1] // 1000):
        row, column = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        labels[(rows - row) ** 2 + (columns - column) ** 2 <= RADIUS_PX**2] = cell
    noise = rng.normal(scale=0.05, size=(*shape, channels))
    image = (noise + (labels > 0)[..., None]).astype(np.float32)
    labels[:, -2:] = IGNORED
    return Sample(id=name, image=image, labels=labels, group=name)


def otherwise_seeded(spec: Seeded) -> list[Seeded]:
    """Three specs that differ from one in the study's seed, in the draw, or in their seed alone."""
    return [
        dataclasses.replace(spec, study_seed=spec.study_seed + 1),
        dataclasses.replace(spec, data=dataclasses.replace(spec.data, draw=spec.data.draw + 1)),
        dataclasses.replace(spec, seed=spec.seed + 1),
    ]


def predict(segmenter: Segmenter, image: np.ndarray) -> np.ndarray:
    return segmenter.decode(segmenter.infer(image), segmenter.thresholds)


def weights_seen(segmenter: Segmenter) -> Any:
    """What the network says about an image: a proxy for its weights that every family has."""
    return segmenter.infer(simulated_sample("other").image)


def check_labels(labels: np.ndarray, shape: Sequence[int]) -> None:
    assert labels.dtype == np.int32
    assert labels.shape == tuple(shape)
    assert labels.min() >= 0


def assert_same(one: Any, other: Any) -> None:
    """Equal to the last bit, in arrays and in lists, tuples and dicts of them."""
    np.testing.assert_equal(one, other)


def without_times(reports: list[Progress]) -> list[Progress]:
    return [dataclasses.replace(entry, device_seconds=0.0) for entry in reports]


def pollute() -> None:
    """Puts the global generators of Python, numpy and torch into another state."""
    random.seed(99)
    np.random.seed(99)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(99)


SETTINGS: dict[str, dict[str, Any]] = {
    "unet": {"depth": 3},
    "stardist": {"rays": 8, "grid": 2, "depth": 1, "filters": 8},
}
"""Where a family's own are too large for a test."""
TRAININGS: dict[str, TrainingSpec] = {
    "stardist": TrainingSpec(
        images_seen=96, batch_size=4, evaluations=3, crop_px=64, learning_rate=5e-3
    ),
}
"""Where a family needs another training than the rest."""


def suites(*, on_tensorflow: bool) -> dict[str, type[SegmenterContract]]:
    """The contract of each family, as classes that pytest collects.

    Args:
        on_tensorflow: of those on TensorFlow, or of all others: the two never meet in a process.
    """
    return {
        f"Test_{name}": type(
            f"Test_{name}",
            (SegmenterContract,),
            {
                "segmenter": family.settings(**SETTINGS.get(name, {})),
                "training": TRAININGS.get(name, SegmenterContract.training),
            },
        )
        for name, family in FAMILIES.items()
        if (family.framework == "tensorflow") == on_tensorflow
    }
