import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from tests.trainables.gan.architectures.contract import small
from tests.trainables.gan.cells import make_samples
from trainables.data.sample import Sample
from trainables.gan.fitting.fit import fit_gan
from trainables.gan.fitting.health import how_it_ended
from trainables.gan.generators.painter import Painter
from trainables.gan.protocol import GanProgress, Generator
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec, is_used, optional_settings
from trainables.spec.randomness import Randomness
from trainables.training.clock import TrainingDiverged
from trainables.training.contract import NoCheckpoints

SPEC = GanSpec(width=8, images_seen=40, batch_size=2, crop_px=32)


def fit(samples: list[Sample]) -> list[GanProgress]:
    progress: list[GanProgress] = []
    fit_gan(
        samples,
        spec=SPEC,
        randomness=Randomness((0,)),
        report=progress.append,
        checkpoints=NoCheckpoints(),
    )
    return progress


def test_progress_runs_to_the_end_of_the_one_clock() -> None:
    progress = fit(make_samples(channels=1))
    assert [step.images_seen for step in progress] == list(range(4, 41, 4))
    seconds = [step.device_seconds for step in progress]
    assert seconds == sorted(seconds)


def test_not_a_number_in_an_image_is_named() -> None:
    sample = make_samples(channels=1)[0]
    broken = dataclasses.replace(sample, image=np.full_like(sample.image, np.nan))
    with pytest.raises(TrainingDiverged, match="became nan at step 1"):
        fit([broken])


def test_no_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one annotated sample"):
        fit([])


def test_the_nearest_weights_are_kept_and_a_fit_gone_wrong_ends() -> None:
    """Measured from the middle on: near, then far three times; it ends after the second."""
    distances = iter((0.5, 5.0, 5.0, 5.0, 5.0, 5.0))
    seen: list[np.ndarray] = []

    def watch(generator: Generator) -> float:
        seen.append(first_image(generator))
        return next(distances)

    progress: list[GanProgress] = []
    generator = fit_gan(
        make_samples(channels=1),
        spec=SPEC,
        randomness=Randomness((0,)),
        report=progress.append,
        checkpoints=NoCheckpoints(),
        watch=watch,
    )
    assert [step.distance for step in progress[4:]] == [0.5, 5.0, 5.0]
    assert all(np.isnan(step.distance) for step in progress[:4])
    np.testing.assert_array_equal(first_image(generator), seen[0])
    assert how_it_ended(progress, spec=SPEC) == {
        "fit_images_seen": 28,  # of 40
        "stopped_early": 1,
        "kept_at_images_seen": 20,
        "variety": progress[4].variety,
        "distance": 0.5,
    }
    assert not np.array_equal(seen[0], seen[-1])


def test_the_generator_that_is_watched_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Painter] = []

    class Counted(Painter):
        def __init__(self, spec: GanSpec, *, channels: int) -> None:
            super().__init__(spec, channels=channels)
            made.append(self)

    monkeypatch.setattr("trainables.gan.fitting.fit.Painter", Counted)
    fit(make_samples(channels=1))
    assert len(made) == 1


def first_image(generator: Generator, samples: Sequence[Sample] = ()) -> np.ndarray:
    samples = samples or make_samples(channels=1)
    rng = np.random.default_rng(0)
    return generator.draw(samples, count=1, side_px=32, rng=rng)[0].image


WITHOUT_PAIRS = [name for name, row in ARCHITECTURES.items() if not row.needs_pairs]
assert WITHOUT_PAIRS


@pytest.mark.parametrize("architecture", WITHOUT_PAIRS)
def test_images_without_labels_change_what_is_learnt_without_pairs(architecture: str) -> None:
    spec = small(architecture, mask_source="annotated")
    other = dataclasses.replace(
        make_samples(channels=1, count=3)[2],
        labels=np.full((96, 96), -1, np.int32),
    )
    with_images, without = (
        fit_gan(
            make_samples(channels=1),
            spec=spec,
            randomness=Randomness((0,)),
            report=lambda progress: None,
            checkpoints=NoCheckpoints(),
            unlabelled=unlabelled,
        )
        for unlabelled in ([other], [])
    )
    assert not np.array_equal(first_image(with_images), first_image(without))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_hard_samples_can_be_fitted(architecture: str) -> None:
    """One constant image without cells, smaller than a crop and mostly unknown."""
    labels = np.full((20, 24), -1, np.int32)
    labels[:10] = 0
    image = np.full((20, 24, 1), 0.5, np.float32)
    spec = small(architecture, images_seen=4, learning_rate=1e-2)
    samples = [Sample(id="hard", image=image, labels=labels, group="hard")]
    generator = fit_gan(
        samples,
        spec=spec,
        randomness=Randomness((0,)),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    assert np.isfinite(first_image(generator, samples)).all()


@pytest.mark.parametrize("architecture", ["paired", "pix2pixhd", "joint"])
def test_a_long_tail_of_brightness_does_not_break_a_fit(architecture: str) -> None:
    """As 16-bit images have it: a few cells fifty times as bright as the others."""
    sample = make_samples(channels=1)[0]
    image = np.where(sample.labels[..., None] == 3, 50 * sample.image, sample.image)
    progress: list[GanProgress] = []
    samples = [dataclasses.replace(sample, image=image.astype(np.float32))]
    generator = fit_gan(
        samples,
        spec=small(architecture),
        randomness=Randomness((0,)),
        report=progress.append,
        checkpoints=NoCheckpoints(),
    )
    assert np.isfinite(first_image(generator, samples)).all()
    assert all(np.isfinite(step.loss) for step in progress)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_settings_taken_for_unused_change_neither_the_fit_nor_what_it_draws(
    architecture: str,
) -> None:
    others = {"mask_source": "simulated"}
    unused = {
        name: others.get(name, 50.0)
        for name in optional_settings()
        if not is_used(name, by=architecture)
    }
    assert unused
    plain, changed = (
        fit_gan(
            make_samples(channels=1),
            spec=small(architecture, images_seen=4, **options),
            randomness=Randomness((0,)),
            report=lambda progress: None,
            checkpoints=NoCheckpoints(),
        )
        for options in ({}, unused)
    )
    np.testing.assert_array_equal(first_image(plain), first_image(changed))
