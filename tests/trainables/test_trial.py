"""What a trial hands to its parts, with a segmenter that learns nothing."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.conftest import discs
from tests.trainables.segmenters.contract import otherwise_seeded
from trainables import trial
from trainables.segmenters.protocol import Thresholds
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec
from trainables.training.contract import Extra, NoCheckpoints

SPEC = TrialSpec(
    stage="search",
    arm="unet",
    study_seed=3,
    seed=7,
    data=DataSpec(split="s", annotation_count=2, draw=5),
    segmenter=UnetSpec(),
    training=TrainingSpec(images_seen=40),
)


class Idle:
    """A segmenter that notes what randomness it is trained with, and finds nothing."""

    def __init__(self, noted: list[Randomness]) -> None:
        self.noted = noted
        self.thresholds: Thresholds = {"level": 0.5}

    def fit(self, samples: Any, *, randomness: Randomness, **others: Any) -> None:
        self.noted.append(randomness)

    def threshold_values(self) -> dict[str, tuple[float, ...]]:
        return {"level": (0.5, 0.6)}

    def infer(self, image: np.ndarray) -> np.ndarray:
        return np.zeros(image.shape[:2], np.int32)

    def decode(self, inference: np.ndarray, thresholds: Thresholds) -> np.ndarray:
        return inference


def numbers_of(spec: TrialSpec, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """A number that is drawn for the extra data, and one that is drawn for the training."""
    noted: list[Randomness] = []

    def no_extra(spec: TrialSpec, samples: Any, *, randomness: Randomness, **others: Any) -> Extra:
        noted.append(randomness)
        return Extra()

    monkeypatch.setattr(trial, "make_segmenter", lambda spec, *, channels: Idle(noted))
    monkeypatch.setattr(trial, "extra_data", no_extra)
    result = trial.run_trial(
        spec,
        trial.TrialData(training=[discs("a", seed=0)], validation=[discs("b", seed=1)]),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    assert (result.status, result.trial_id) == ("completed", spec.id)
    extra, training = noted
    return extra.integer("batch", 1), training.integer("batch", 1)


def test_the_study_the_draw_and_the_seed_decide_what_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = [numbers_of(spec, monkeypatch) for spec in (SPEC, *otherwise_seeded(SPEC))]
    assert len({extra for extra, _ in drawn}) == len({training for _, training in drawn}) == 4
    assert numbers_of(dataclasses.replace(SPEC, arm="another"), monkeypatch) == drawn[0]
