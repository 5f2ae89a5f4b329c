"""Every arm's space holds its defaults, and gives what a spec accepts."""

import dataclasses
from typing import Any, Literal

import optuna
import pytest

from search_spaces import arm as arm_space
from search_spaces.schedule import SETTINGS
from study.design import ARMS, Arm
from study.plan import search_spec
from study.presets import small
from tests.study.fakes import SPLITS
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.spec.trial_spec import TrialSpec

STUDY = small()


def choices(arm: Arm) -> dict[str, Any]:
    return {
        "segmenter": STUDY.setup(arm.segmenter).segmenter,
        "extra": arm.extra_data,
        "weights": arm.initial_weights,
        "gans": STUDY.gans,
        "is_trained": arm.is_trained,
    }


def sampled(arm: Arm, point: dict[str, Any]) -> TrialSpec:
    flat = arm_space.space(optuna.trial.FixedTrial(point), **choices(arm))
    return search_spec(STUDY, arm, SPLITS, flat)


@pytest.mark.parametrize("name", ARMS)
def test_the_defaults_are_a_point_of_the_space(name: str) -> None:
    spec = sampled(ARMS[name], arm_space.defaults(**choices(ARMS[name])))
    assert spec.training.schedule == "full"
    assert spec.training.decay == "cosine"


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("name", ARMS)
def test_any_point_of_the_space_is_a_spec(name: str) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    arm = ARMS[name]
    specs = [
        search_spec(STUDY, arm, SPLITS, arm_space.space(study.ask(), **choices(arm)))
        for _ in range(40)
    ]
    assert len({spec.id for spec in specs}) == 40


def test_a_schedule_brings_its_own_setting_and_no_others() -> None:
    arm = ARMS["cellpose"]
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    settings = {setting.field for setting in SETTINGS.values()}
    seen = set()
    for _ in range(60):
        trial = study.ask()
        flat = arm_space.space(trial, **choices(arm))
        name = flat["training.schedule"]
        own = {SETTINGS[name].field} if name in SETTINGS else set()
        assert settings & set(flat) == own
        assert ("training.l2_sp" in flat) == (flat["training.weight_decay"] == 0)
        assert ("training.averaging" in flat) == (flat["training.decay"] == "constant")
        seen.add(name)
    assert len(seen) == 5


def test_scratch_has_no_schedule_and_nothing_to_be_pulled_to() -> None:
    names = arm_space.defaults(**choices(ARMS["cellpose_scratch"]))
    assert "training.schedule" not in names
    assert "training.warm_up" in names


def test_a_model_that_is_not_trained_is_searched_for_its_scale_alone() -> None:
    arm = ARMS["stardist_zero_shot"]
    spec = sampled(arm, {"diameter_factor": 1.5})
    assert spec.training.images_seen == 0
    assert (spec.data.min_diameter_px, spec.data.max_diameter_px) == (24, 48)
    assert spec.weights.origin == "source"


def test_a_vit_may_be_trained_by_lora_at_its_own_learning_rates() -> None:
    arm = ARMS["cellpose"]
    segmenter = CellposeSpec(backbone="cpsam")
    own = choices(arm) | {"segmenter": segmenter}
    point = arm_space.defaults(**own) | {
        "training.schedule": "lora",
        "training.lora_rank": 16,
        "lora.learning_rate": 1e-3,
    }
    setup = dataclasses.replace(
        STUDY.setup("cellpose"), segmenter=segmenter, public_weights="cpsam"
    )
    study = STUDY.with_setups(cellpose=setup)
    flat = arm_space.space(optuna.trial.FixedTrial(point), **own)
    spec = search_spec(study, arm, SPLITS, flat)
    assert spec.training.lora_rank == 16
    assert (spec.training.schedule, spec.training.learning_rate) == ("full", 1e-3)


@pytest.mark.parametrize("backbone", ["cpsam", "cpdino"])
def test_a_vit_starts_from_the_weight_decay_of_its_authors(
    backbone: Literal["cpsam", "cpdino"],
) -> None:
    segmenter = CellposeSpec(backbone=backbone)
    own = choices(ARMS["cellpose"]) | {"segmenter": segmenter}
    assert arm_space.defaults(**own)["training.weight_decay"] == 0.1
    assert arm_space.defaults(**own)["training.learning_rate"] == 1e-5


def test_a_vit_from_scratch_starts_at_rates_for_random_weights() -> None:
    own = choices(ARMS["cellpose_scratch"]) | {"segmenter": CellposeSpec(backbone="cpsam")}
    point = arm_space.defaults(**own)
    assert (point["training.learning_rate"], point["training.warm_up"]) == (1e-4, 0.1)
    assert arm_space.space(optuna.trial.FixedTrial(point), **own)["training.warm_up"] == 0.1
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    rates = [arm_space.space(study.ask(), **own)["training.learning_rate"] for _ in range(40)]
    assert 2e-5 < min(rates) < 4e-5
    assert 2e-4 < max(rates) < 5e-4
