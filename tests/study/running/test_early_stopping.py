"""Early stopping compares trials of one arm only."""

from types import SimpleNamespace
from typing import Any

import pytest

from study.running.early_stopping import PerArmStopping
from tests.study.fakes import curve, ended
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.flat import flatten
from trainables.spec.trial_spec import DataSpec, TrialSpec


def spec(arm: str, *, stage: str = "search", seed: int = 0, split: str = "s") -> TrialSpec:
    data = DataSpec(split=split, annotation_count=4, draw=0)
    return TrialSpec(stage=stage, arm=arm, study_seed=0, seed=seed, data=data, segmenter=UnetSpec())


def run(stopping: PerArmStopping, one: TrialSpec, f1: float, *, until: int = 1000) -> int:
    """Images after which a trial is stopped, or all of them."""
    trial: Any = SimpleNamespace(trial_id=one.id, config={"spec": flatten(one)})
    stopping.on_trial_add(None, trial)
    for seen in range(100, until + 1, 100):
        result = {"images_seen": seen, "validation_f1": f1, "training_iteration": seen // 100}
        if stopping.on_trial_result(None, trial, result) == "STOP":
            return seen
    return until


@pytest.fixture
def stopping() -> PerArmStopping:
    return PerArmStopping({"fast": 1000, "slow": 1000})


def test_the_worse_of_an_arm_is_stopped_after_the_first_rung(stopping: PerArmStopping) -> None:
    assert run(stopping, spec("fast", seed=1), 0.9) == 1000
    assert run(stopping, spec("fast", seed=2), 0.5) == 400


def test_a_slow_arm_is_not_compared_with_a_fast_one(stopping: PerArmStopping) -> None:
    run(stopping, spec("fast", seed=1), 0.9)
    assert run(stopping, spec("slow", seed=1), 0.3) == 1000


def test_only_the_search_is_stopped(stopping: PerArmStopping) -> None:
    run(stopping, spec("fast", seed=1), 0.9)
    assert run(stopping, spec("fast", stage="confirm", seed=2), 0.1) == 1000


def test_the_last_evaluation_stops_nothing() -> None:
    stopping = PerArmStopping({"fast": 800})
    run(stopping, spec("fast", seed=1), 0.9, until=800)
    one = spec("fast", seed=2)
    assert run(stopping, one, 0.95, until=700) == 700

    trial: Any = SimpleNamespace(trial_id=one.id, config={"spec": flatten(one)})
    last = {"images_seen": 800, "validation_f1": 0.0}
    assert stopping.on_trial_result(None, trial, last) == "CONTINUE"


def test_a_resumed_study_remembers_the_rungs(stopping: PerArmStopping) -> None:
    past = ended(spec("fast", seed=1), progress=curve(*[0.9] * 10))
    stopping.replay([past])
    assert run(stopping, spec("fast", seed=2), 0.5) == 400


def test_folds_are_not_compared_with_one_another(stopping: PerArmStopping) -> None:
    assert run(stopping, spec("fast", seed=1, split="easy"), 0.9) == 1000
    assert run(stopping, spec("fast", seed=2, split="hard"), 0.5) == 1000
