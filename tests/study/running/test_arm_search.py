"""An arm's search starts from defaults, counts its budget, and survives its process."""

import dataclasses
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from search_spaces import extra_data
from study.presets import quick
from tests.study.fakes import arm_search, curve, ended, journal
from trainables.segmenters.unet.family import LEARNING_RATES
from trainables.spec.gan_spec import GanSpec, paper_gan
from trainables.spec.trial_spec import TrialSpec

STUDY = dataclasses.replace(quick(), search_trials=4, search_device_seconds=1000.0)


def states(folder: Path, arm: str) -> list[TrialState]:
    study = optuna.load_study(study_name=arm, storage=journal(folder))
    return [trial.state for trial in study.trials]


def test_the_first_trial_is_the_fields_default(tmp_path: Path) -> None:
    spec = arm_search(STUDY, "unet_gan", journal(tmp_path)).ask()
    assert spec.training.learning_rate == LEARNING_RATES["scratch"]
    assert spec.extra.ratio == extra_data.defaults()["extra.ratio"]


def test_the_first_gan_of_each_architecture_is_tried_first(tmp_path: Path) -> None:
    gans = (paper_gan("spade"), GanSpec(), paper_gan("spade", width=8), paper_gan("joint"))
    arm = arm_search(dataclasses.replace(STUDY, gans=gans), "unet_gan", journal(tmp_path))
    assert [arm.ask().extra.gan for _ in range(3)] == [gans[0], gans[1], gans[3]]
    few = dataclasses.replace(STUDY, gans=gans, search_trials=2)
    arm = arm_search(few, "cellpose_gan", journal(tmp_path))
    assert [arm.ask().extra.gan for _ in range(2)] == [gans[0], gans[1]]
    assert arm.is_over


def test_what_is_sampled_reaches_the_spec(tmp_path: Path) -> None:
    arm = arm_search(STUDY, "cellpose", journal(tmp_path))
    specs = [arm.ask() for _ in range(4)]

    assert len({spec.training.learning_rate for spec in specs}) == 4
    trials = optuna.load_study(study_name="cellpose", storage=journal(tmp_path)).trials
    for spec, trial in zip(specs, trials, strict=True):
        assert spec.training.learning_rate == trial.params["training.learning_rate"]
        assert spec.training.schedule == trial.params["training.schedule"]


def test_the_budget_is_trials_and_device_seconds(tmp_path: Path) -> None:
    arm = arm_search(STUDY, "unet", journal(tmp_path))
    for _ in range(4):
        assert not arm.is_over
        arm.tell(ended(arm.ask(), seconds=10.0))
    assert arm.is_over
    assert arm.spent_device_seconds == 40.0

    costly = arm_search(STUDY, "unet_copy_paste", journal(tmp_path))
    costly.tell(ended(costly.ask(), seconds=1000.0))
    assert costly.is_over


def test_pruned_is_told_as_pruned_and_failed_as_the_worst(tmp_path: Path) -> None:
    arm = arm_search(STUDY, "unet", journal(tmp_path))
    done, pruned, failed = arm.ask(), arm.ask(), arm.ask()
    arm.note_progress(pruned.id, images_seen=100, validation_f1=0.2)
    arm.tell(ended(done, f1=0.75))
    arm.tell(ended(pruned, status="pruned", validation=(), progress=curve(0.2)))
    arm.tell(ended(failed, status="failed", validation=(), reason="out of memory"))

    study = optuna.load_study(study_name="unet", storage=journal(tmp_path))
    assert states(tmp_path, "unet") == [
        TrialState.COMPLETE,
        TrialState.PRUNED,
        TrialState.COMPLETE,
    ]
    assert [study.trials[0].value, study.trials[2].value] == [pytest.approx(0.75), 0.0]


def test_an_interrupted_search_asks_for_the_same_trials_again(tmp_path: Path) -> None:
    first = arm_search(STUDY, "unet", journal(tmp_path))
    done, unfinished = first.ask(), first.ask()
    result = ended(done, f1=0.6)

    again = arm_search(STUDY, "unet", journal(tmp_path))
    again.restore({done.id: result})

    assert again.spent_device_seconds == 10.0
    assert again.ask().id == unfinished.id
    rest = _ask_all(again)
    assert len(rest) == 2
    assert len({done.id, unfinished.id, *(spec.id for spec in rest)}) == 4


def test_a_restored_search_that_ended_asks_nothing(tmp_path: Path) -> None:
    first = arm_search(STUDY, "unet", journal(tmp_path))
    results = {}
    while not first.is_over:
        spec = first.ask()
        results[spec.id] = ended(spec)
        first.tell(results[spec.id])

    again = arm_search(STUDY, "unet", journal(tmp_path))
    again.restore(results)
    assert again.is_over
    assert again.spent_device_seconds == first.spent_device_seconds


def _ask_all(arm: object) -> list[TrialSpec]:
    specs = []
    while not arm.is_over:
        specs.append(arm.ask())
    return specs
