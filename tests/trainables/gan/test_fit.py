import dataclasses

import numpy as np
import pytest

from tests.trainables.gan.cells import make_samples
from trainables.data.sample import Sample
from trainables.gan.fit import fit_gan
from trainables.gan.protocol import GanProgress
from trainables.randomness import Randomness
from trainables.segmenters.clock import TrainingDiverged
from trainables.segmenters.protocol import NoCheckpoints
from trainables.spec import GanSpec

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


def test_images_smaller_than_a_crop_and_without_cells_can_be_fitted() -> None:
    labels = np.full((20, 24), -1, np.int32)
    labels[:10] = 0
    image = np.random.default_rng(0).random((20, 24, 1), np.float32)
    assert fit([Sample(id="e", image=image, labels=labels, group="e")])
