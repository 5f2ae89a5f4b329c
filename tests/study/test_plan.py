"""The plan counts every training before it runs, and confirms what the search chose."""

import dataclasses

import pytest

from reports.verdict.cost import gan_fit_of
from study.design import ARMS, Setup, Study
from study.estimate import planned_rows
from study.plan import (
    choose_best,
    confirm_tasks,
    search_gans,
    search_needs,
    search_spec,
    source_fits,
)
from study.presets import PRESETS, quick
from tests.study.fakes import SPLITS, ended
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.spec.gan_spec import GanSpec, paper_gan
from trainables.spec.trial_spec import GanFitSpec, TrialSpec, gan_fit

STUDY = dataclasses.replace(quick(), annotation_counts=(2, 10), confirm_draws=3, confirm_seeds=2)


def searched(name: str, *, study: Study = STUDY, **varied: object) -> TrialSpec:
    return search_spec(study, ARMS[name], SPLITS, {"training.learning_rate": 1e-3, **varied})


def test_every_preset_is_a_study() -> None:
    assert sorted(PRESETS) == ["full", "quick", "small"]
    for preset in PRESETS.values():
        assert planned_rows(preset())


def test_an_arm_fixes_three_choices() -> None:
    spec = searched("cellpose_gan")
    assert spec.segmenter.kind == "cellpose"
    assert spec.extra.gan == STUDY.gans[0]
    assert spec.weights.origin == "source"
    assert searched("unet").weights.kind == "scratch"
    assert searched("unet").extra.kind == "none"


def test_sources_are_trained_once_for_each_segmenter() -> None:
    study = dataclasses.replace(STUDY, arms=("cellpose", "cellpose_gan", "stardist", "unet"))
    fits = source_fits(study, SPLITS)

    assert [fit.spec.segmenter.kind for fit in fits] == ["cellpose", "stardist"]
    assert searched("cellpose", study=study).weights.name == fits[0].spec.id
    assert fits[0].spec.id in search_needs(study, ARMS["cellpose_gan"], SPLITS)
    assert not search_needs(study, ARMS["unet"], SPLITS)


def test_public_weights_need_no_source() -> None:
    family = Setup(segmenter=CellposeSpec(backbone="cpsam"), public_weights="cpsam")
    study = dataclasses.replace(STUDY, arms=("cellpose",)).with_setups(cellpose=family)

    assert not source_fits(study, SPLITS)
    spec = searched("cellpose", study=study)
    assert (spec.weights.origin, spec.weights.name) == ("public", "cpsam")


def test_an_arm_with_gan_data_needs_a_gan() -> None:
    with pytest.raises(ValueError, match=r"arm unet_gan needs a GAN .* gans=\(GanSpec\(\),\)"):
        dataclasses.replace(STUDY, arms=("unet", "unet_gan"), gans=())
    assert not dataclasses.replace(STUDY, arms=("unet",), gans=()).gans


def test_the_search_fits_each_candidate_gan_once() -> None:
    gans = (GanSpec(), GanSpec(mask_source="annotated"))
    study = dataclasses.replace(STUDY, gans=gans, arms=("unet_gan", "cellpose_gan"))

    tasks = search_gans(study, SPLITS)

    assert [task.spec.gan for task in tasks] == list(gans)
    assert all(task.spec.data.draw == study.search_draw for task in tasks)
    ids = {task.spec.id for task in tasks}
    assert ids <= search_needs(study, ARMS["unet_gan"], SPLITS)
    assert gan_fit(searched("unet_gan", study=study)).id in ids


def test_settings_that_an_architecture_does_not_use_make_no_other_fit() -> None:
    gans = tuple(
        paper_gan(name, mask_source=source)
        for name in ("joint", "dcgan", "pix2pix")
        for source in ("recomposed", "simulated")
    )
    study = dataclasses.replace(STUDY, gans=gans, arms=("unet_gan",))

    fits = [task.spec for task in search_gans(study, SPLITS)]

    assert [fit.gan for fit in fits] == [gans[0], gans[2], gans[4], gans[5]]
    trials = [
        searched("unet_gan", study=dataclasses.replace(study, gans=(gan,))) for gan in gans[:2]
    ]
    assert trials[0].id != trials[1].id
    assert {gan_fit(trial).id for trial in trials} == {fits[0].id}
    assert {gan_fit_of(ended(trial)) for trial in trials} == {fits[0]}
    assert search_needs(study, ARMS["unet_gan"], SPLITS) == {fit.id for fit in fits}


def test_confirm_trains_the_frozen_configuration_on_fresh_draws_and_seeds() -> None:
    chosen = searched("unet", **{"training.intensity": 0.33})
    tasks = confirm_tasks(STUDY, {"unet": ended(chosen)})

    specs = [task.spec for task in tasks]
    assert len(specs) == len(STUDY.annotation_counts) * 3 * 2
    assert len({spec.id for spec in specs}) == len(specs)
    for spec in specs:
        assert spec.stage == "confirm"
        assert spec.training == chosen.training
        assert spec.data.draw != STUDY.search_draw
        assert spec.seed != chosen.seed


def test_confirm_fits_a_gan_for_each_draw_and_only_where_it_paints() -> None:
    painting = searched("unet_gan", **{"extra.ratio": 1.0})
    bare = searched("unet_gan", **{"extra.ratio": 0.0})

    tasks = confirm_tasks(STUDY, {"unet_gan": ended(painting)})
    fits = [task.spec.id for task in tasks if isinstance(task.spec, GanFitSpec)]
    trials = [task for task in tasks if isinstance(task.spec, TrialSpec)]
    assert len(set(fits)) == len(trials)
    assert all(task.needs == {gan_fit(task.spec).id} for task in trials)

    without = confirm_tasks(STUDY, {"unet_gan": ended(bare)})
    assert all(isinstance(task.spec, TrialSpec) and not task.needs for task in without)


def test_the_best_is_chosen_by_validation_among_completed_trials() -> None:
    def result(f1: float, rate: float, **changes: object) -> object:
        spec = searched("unet", **{"training.learning_rate": rate})
        return ended(spec, f1=f1, **changes)

    results = [
        result(0.7, 1e-3),
        result(0.8, 2e-3),
        result(0.9, 3e-3, status="failed"),
        result(0.95, 4e-3, status="pruned"),
        result(0.8, 5e-3, seconds=5.0),
    ]
    best = choose_best(STUDY, results, split=SPLITS.main)

    assert list(best) == ["unet"]
    assert best["unet"].trial.training.learning_rate == 5e-3


def test_the_estimate_counts_what_the_plan_runs() -> None:
    rows = {(row.stage, row.name): row.trainings for row in planned_rows(STUDY)}

    assert rows["fit_sources", "cellpose"] == 1
    assert rows["search", "gan"] == len(STUDY.gans)
    assert rows["search", "unet"] == STUDY.search_trials
    assert rows["confirm", "unet"] == 2 * 3 * 2
    assert rows["confirm", "gan"] == 2 * 3 * 2
