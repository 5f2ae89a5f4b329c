"""What a study's fairness rests on: the rules of its stages."""

from typing import get_args

from trainables.spec.stages import PLACES, STAGES, Stage


def test_every_stage_has_rules_in_the_order_of_the_study() -> None:
    assert list(STAGES) == list(get_args(Stage))
    assert sorted(STAGES, key=PLACES.__getitem__) == list(STAGES)


def test_no_test_image_is_seen_before_configurations_are_frozen() -> None:
    sees = {stage for stage, rules in STAGES.items() if rules.sees_test}
    assert sees == {"confirm", "ablate"}
    assert min(map(PLACES.__getitem__, sees)) > PLACES["search"]


def test_models_are_kept_that_others_start_from_or_that_are_taken_home() -> None:
    assert {stage for stage, rules in STAGES.items() if rules.keeps_models} == {
        "fit_sources",
        "confirm",
    }


def test_an_arm_pays_for_its_search_and_its_gans_and_for_nothing_declared() -> None:
    assert {stage for stage, rules in STAGES.items() if rules.is_charged} == {"fit_gans", "search"}
    assert {stage for stage, rules in STAGES.items() if rules.on_source} == {"fit_sources"}
