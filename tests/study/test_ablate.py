"""The ablation changes one factor at a time, on the draws of confirm, and nothing else."""

import dataclasses
import json
from collections import defaultdict

import pytest

from study.ablate import ablated, ablation_tasks
from study.design import ARMS, Study, to_dict
from study.factors import ABLATION, Factor, factor_fields, read_factor
from study.inputs.data import needed_unlabelled_ids
from study.plan import confirm_tasks, default_spec
from study.presets import quick, small
from tests.study.fakes import SPLITS, ended
from trainables.data.dividing.split import Split
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.spec.evolve import evolve
from trainables.spec.flat import flatten
from trainables.spec.gan_spec import GanSpec, paper_gan
from trainables.spec.trial_spec import GanFitSpec, TrialSpec

BASE = dataclasses.replace(
    quick(), annotation_counts=(2, 10), confirm_draws=4, confirm_seeds=2, ablate_draws=2
)


def ablating(*factors: Factor) -> Study:
    return dataclasses.replace(BASE, ablate=factors)


def chosen(name: str, study: Study = BASE) -> TrialSpec:
    return default_spec(study, ARMS[name], SPLITS)


def levels_of(study: Study, name: str, field: str) -> list[object]:
    specs = ablated(study, chosen(name))
    return list(dict.fromkeys(flatten(spec)[field] for spec in specs))


def test_every_trial_has_a_partner_in_confirm_that_differs_in_one_factor() -> None:
    study = ablating(*ABLATION)
    best = {name: ended(chosen(name)) for name in ("unet", "unet_gan", "cellpose")}
    together = {"weights.kind", "weights.origin", "weights.name", "training.schedule"}
    confirmed = defaultdict(list)
    for task in confirm_tasks(study, best):
        if isinstance(task.spec, TrialSpec):
            data = task.spec.data
            key = task.spec.arm, data.annotation_count, data.draw, task.spec.seed
            confirmed[key].append(flatten(task.spec))
    seen = set()
    for task in ablation_tasks(study, best):
        if isinstance(task.spec, GanFitSpec):
            continue
        spec = task.spec
        assert spec.stage == "ablate"
        (partner,) = confirmed[spec.arm, spec.data.annotation_count, spec.data.draw, spec.seed]
        own = flatten(spec)
        differs = {name for name in own if own[name] != partner[name]} - {"stage"}
        assert len(differs) == 1 or ("weights.kind" in differs and differs <= together)
        seen |= differs
    assert {"extra.ratio", "training.learning_rate", "training.schedule", "threshold_tries"} <= seen


def test_the_level_that_was_chosen_is_not_trained_again() -> None:
    study = ablating(Factor(field="extra.ratio", levels=(0.0, 0.5, 2.0)))
    assert flatten(chosen("unet_gan"))["extra.ratio"] == 0.5
    assert levels_of(study, "unet_gan", "extra.ratio") == [0.0, 2.0]
    specs = list(ablated(study, chosen("unet_gan")))
    assert [spec.data.draw for spec in specs] == [1, 2, 1, 2]
    assert {(spec.seed, spec.data.annotation_count) for spec in specs} == {(1, 10)}


@pytest.mark.parametrize(
    ("field", "level", "arms"),
    [
        ("extra.ratio", 2.0, {"unet_gan", "unet_copy_paste"}),
        ("extra.gan.consistency_floor", 0.0, {"unet_gan"}),
        ("weights.kind", "scratch", {"cellpose"}),
        ("training.schedule", "frozen_encoder", {"cellpose"}),
        ("segmenter.boundary_weight", 1.0, {"unet", "unet_gan", "unet_copy_paste"}),
        ("training.zoom", 1.0, {"unet", "unet_gan", "unet_copy_paste", "cellpose"}),
        (
            "threshold_tries",
            1,
            {"unet", "unet_gan", "unet_copy_paste", "cellpose", "cellpose_zero_shot"},
        ),
    ],
)
def test_a_factor_is_varied_only_where_it_has_an_effect(
    field: str, level: object, arms: set[str]
) -> None:
    study = ablating(Factor(field=field, levels=(level,)))
    names = ("unet", "unet_gan", "unet_copy_paste", "cellpose", "cellpose_zero_shot")
    assert {name for name in names if list(ablated(study, chosen(name)))} == arms


def test_what_a_gan_arm_does_without_ratio_is_not_varied() -> None:
    bare = dataclasses.replace(
        chosen("unet_gan"), extra=dataclasses.replace(chosen("unet_gan").extra, ratio=0.0)
    )
    study = ablating(Factor(field="extra.gan.consistency_floor", levels=(0.0,)))
    assert not list(ablated(study, bare))


def test_masks_are_not_varied_for_a_gan_that_makes_its_own() -> None:
    masks = Factor(field="extra.gan.mask_source", levels=("simulated",))
    for architecture, levels in (("joint", []), ("pix2pix", ["simulated"])):
        study = dataclasses.replace(ablating(masks), gans=(paper_gan(architecture),))
        specs = list(ablated(study, chosen("unet_gan", study)))
        assert list(dict.fromkeys(spec.extra.gan.mask_source for spec in specs)) == levels


def test_weights_from_scratch_leave_out_what_means_nothing_without_them() -> None:
    study = ablating(Factor(field="weights.kind", levels=("scratch",)))
    training = dataclasses.replace(chosen("cellpose").training, schedule="frozen_encoder")
    frozen = dataclasses.replace(chosen("cellpose"), training=training)
    for spec in ablated(study, frozen):
        assert (spec.weights.kind, spec.weights.name) == ("scratch", "")
        assert spec.training.schedule == "full"


def chosen_by_lora() -> TrialSpec:
    """A ViT for which the search chose LoRA, at a rate of LoRA."""
    return evolve(
        chosen("cellpose"),
        {
            "segmenter.backbone": "cpsam",
            "training.lora_rank": 8,
            "training.learning_rate": 1e-3,
            "training.crop_px": 256,
        },
    )


def test_a_vit_from_scratch_is_not_lora_beside_random_weights() -> None:
    study = ablating(Factor(field="weights.kind", levels=("scratch",)))
    specs = list(ablated(study, chosen_by_lora()))
    assert specs
    for spec in specs:
        assert spec.weights.kind == "scratch"
        assert spec.segmenter == CellposeSpec(backbone="cpsam")
        assert spec.training.learning_rate == 1e-4


def test_another_schedule_than_lora_trains_the_weights_at_their_own_rate() -> None:
    study = ablating(Factor(field="training.schedule", levels=("full", "discriminative")))
    specs = list(ablated(study, chosen_by_lora()))
    assert {spec.training.schedule for spec in specs} == {"discriminative"}
    assert {spec.training.learning_rate for spec in specs} == {1e-5}
    assert {spec.segmenter for spec in specs} == {CellposeSpec(backbone="cpsam")}


def test_relative_levels_multiply_and_whole_gans_are_levels() -> None:
    rates = Factor(field="training.learning_rate", levels=(0.5, 2.0), relative=True)
    rate = chosen("unet").training.learning_rate
    assert levels_of(ablating(rates), "unet", "training.learning_rate") == [rate / 2, rate * 2]

    gans = Factor(field="extra.gan", levels=(BASE.gans[0], GanSpec(width=32)))
    specs = list(ablated(ablating(gans), chosen("unet_gan")))
    assert {spec.extra.gan for spec in specs} == {GanSpec(width=32)}


def test_gans_are_fitted_anew_where_the_factor_is_theirs() -> None:
    study = ablating(
        Factor(field="extra.gan.consistency_floor", levels=(0.0,)),
        Factor(field="training.zoom", levels=(1.0,)),
    )
    tasks = ablation_tasks(study, {"unet_gan": ended(chosen("unet_gan"))})
    confirmed = confirm_tasks(study, {"unet_gan": ended(chosen("unet_gan"))})
    fits = {task.spec.id for task in tasks if isinstance(task.spec, GanFitSpec)}
    known = {task.spec.id for task in confirmed}
    assert len(fits) == 4
    assert len(fits - known) == 2
    for task in tasks:
        assert task.needs <= fits


def test_a_factor_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"there is no 'extra\.rato'"):
        Factor(field="extra.rato", levels=(1,))
    with pytest.raises(ValueError, match=r"there is no 'data\.draw'"):
        Factor(field="data.draw", levels=(1,))
    with pytest.raises(ValueError, match=r"only level of weights\.kind is scratch"):
        Factor(field="weights.kind", levels=("pretrained",))
    with pytest.raises(ValueError, match="FIELD=LEVEL"):
        read_factor("training.zoom")
    study = ablating(Factor(field="training.schedule", levels=("sideways",)))
    with pytest.raises(ValueError, match="schedule must be one of"):
        ablation_tasks(study, {"cellpose": ended(chosen("cellpose"))})


def test_factors_are_read_and_written() -> None:
    assert read_factor("training.zoom=1.0,2") == Factor(field="training.zoom", levels=(1.0, 2))
    assert read_factor("training.decay=constant").levels == ("constant",)
    study = ablating(*ABLATION, Factor(field="extra.gan", levels=(GanSpec(),)))
    assert json.loads(json.dumps(to_dict(study)))["ablate"][0]["field"] == "extra.ratio"
    assert study.hash != BASE.hash
    assert {factor.field for factor in ABLATION} <= set(factor_fields())


def sent_without_labels(arm: str, *factors: Factor, images: int) -> int:
    names = [f"a{n}" for n in range(images)]
    split = Split(
        annotation_ids=tuple(names),
        test_ids=("t",),
        groups={name: name for name in [*names, "t"]},
        seed=0,
        content_hash="",
    )
    tasks = ablation_tasks(ablating(*factors), {arm: ended(chosen(arm))})
    specs = [task.spec for task in tasks]
    return len(needed_unlabelled_ids(split, specs, counts=[10], draws=[1]))


def test_images_without_labels_are_sent_for_every_level_that_uses_them() -> None:
    def sent(*factors: Factor) -> int:
        return sent_without_labels("unet_gan", *factors, images=14)

    assert sent() == 0
    assert sent(Factor(field="extra.gan.unlabelled_images", levels=(0, 3))) == 3
    assert sent(Factor(field="extra.gan", levels=(GanSpec(unlabelled_images=2),))) == 2


def test_images_without_labels_are_sent_for_a_larger_pool_of_pseudo_labels() -> None:
    larger = Factor(field="extra.pool_size", levels=(60,))
    assert BASE.pool_size < 60
    assert sent_without_labels("unet_pseudo_labels", larger, images=100) == 60


def test_quick_ablates_nothing_and_small_does() -> None:
    assert not quick().ablate
    assert small().ablate
