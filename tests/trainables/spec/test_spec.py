"""Specs are checked, flatten without loss, and name themselves by their content."""

import dataclasses

import pytest

from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.flat import flatten
from trainables.spec.gan_spec import ARCHITECTURES, LOWEST_FLOOR, GanSpec, is_used, paper_gan
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec, WeightsSpec, gan_fit
from trainables.wire.reading import gan_fit_spec, trial_spec

DATA = DataSpec(split="ab12", annotation_count=10, draw=0)


def spec(**changes: object) -> TrialSpec:
    base = TrialSpec(
        stage="search", arm="unet", study_seed=0, seed=0, data=DATA, segmenter=UnetSpec()
    )
    return dataclasses.replace(base, **changes)


@pytest.mark.parametrize("segmenter", [UnetSpec(), CellposeSpec(), StardistSpec(rays=16)])
@pytest.mark.parametrize("extra", [ExtraSpec(), ExtraSpec(kind="gan", ratio=0.5, gan=GanSpec())])
def test_a_spec_comes_back_from_its_flat_form(segmenter: object, extra: ExtraSpec) -> None:
    one = spec(segmenter=segmenter, extra=extra)

    flat = flatten(one)

    assert trial_spec(flat) == one
    assert all(not isinstance(value, dict) for value in flat.values())


def test_the_id_follows_the_content_and_nothing_else() -> None:
    assert spec().id == spec().id
    changed = spec(training=TrainingSpec(learning_rate=1.1e-3))
    assert changed.id != spec().id
    shuffled = dict(reversed(flatten(spec()).items()))
    assert trial_spec(shuffled).id == spec().id


def test_trials_that_differ_in_ratio_share_one_gan() -> None:
    gan = GanSpec()
    half = spec(extra=ExtraSpec(kind="gan", ratio=0.5, gan=gan))
    whole = spec(extra=ExtraSpec(kind="gan", ratio=1.0, gan=gan), stage="confirm")

    assert gan_fit(half).id == gan_fit(whole).id
    other_draw = dataclasses.replace(half, data=dataclasses.replace(DATA, draw=1))
    assert gan_fit(other_draw).id != gan_fit(half).id
    assert gan_fit_spec(flatten(gan_fit(half))) == gan_fit(half)


def test_a_trial_without_a_gan_has_no_fit() -> None:
    with pytest.raises(ValueError, match="uses no GAN"):
        gan_fit(spec())


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: TrainingSpec(crop_px=100), "crop_px must be a multiple of 32"),
        (lambda: TrainingSpec(images_seen=10), "images_seen must be at least"),
        (lambda: TrainingSpec(schedule="sideways"), "schedule must be one of"),
        (lambda: ExtraSpec(kind="gan"), "A GAN must be named"),
        (lambda: WeightsSpec(kind="pretrained"), "Pretrained weights need an origin"),
        (lambda: StardistSpec(grid=3), "grid must be one of"),
        (lambda: GanSpec(consistency_floor=1.5), "consistency_floor"),
        (lambda: GanSpec(architecture="magic"), "architecture must be one of .*'paired'.*'magic'"),
        (lambda: paper_gan("magic"), "architecture must be one of"),
        (lambda: paper_gan("dcgan", images_seen=39), "critic_steps must be at most"),
        (lambda: trial_spec(flatten(spec()) | {"segmenter.kind": "magic"}), "segmenter.kind"),
        (lambda: trial_spec(flatten(spec()) | {"training.speed": 1}), "has no 'speed'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(make: object, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        make()


def test_papers_differ_only_where_an_architecture_uses_it() -> None:
    for architecture in ARCHITECTURES:
        gan = paper_gan(architecture, width=24)
        assert (gan.architecture, gan.width) == (architecture, 24)
        assert gan_fit_spec(flatten(gan_fit(spec(extra=with_gan(gan))))).gan == gan
    assert paper_gan("dcgan").critic_steps == 5
    assert paper_gan("paired") == GanSpec()
    assert paper_gan("spade", feature_weight=1.0).feature_weight == 1.0


def test_settings_are_used_by_all_by_some_or_by_what_is_not_known() -> None:
    """Ids of stored GANs hang on it: a setting that is not used takes its default in them."""
    assert all(is_used("unlabelled_images", by=name) for name in ARCHITECTURES)
    assert not is_used("mask_source", by="joint")
    assert is_used("mask_source", by="cyclegan")
    assert not is_used("mix_weight", by="spade")
    assert is_used("mix_weight", by="of later software")


def with_gan(gan: GanSpec) -> ExtraSpec:
    return ExtraSpec(kind="gan", ratio=0.5, gan=gan)


def test_the_floor_follows_the_judge_but_never_falls_to_nothing() -> None:
    assert GanSpec(consistency_floor=0.5).floor(0.8) == pytest.approx(0.4)
    assert GanSpec(consistency_floor=0.5).floor(0.0) == LOWEST_FLOOR
    assert GanSpec(consistency_floor=0.5).floor(float("nan")) == LOWEST_FLOOR
    assert GanSpec(consistency_floor=0.0).floor(0.8) == 0
