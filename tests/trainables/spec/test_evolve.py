"""A spec is changed by the paths of its fields, and what comes out is checked as any other."""

import dataclasses
from typing import Any

import pytest

from tests.specs import trial_of
from trainables.spec.evolve import evolve
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.flat import flatten
from trainables.spec.gan_spec import GanSpec, paper_gan
from trainables.spec.trial_spec import WeightsSpec, gan_fit
from trainables.wire.reading import read_spec

TRIAL = trial_of("search")
WITH_GAN = dataclasses.replace(TRIAL, extra=ExtraSpec(kind="gan", ratio=1.0, gan=GanSpec()))


def test_only_what_is_named_is_changed() -> None:
    training = dataclasses.replace(TRIAL.training, zoom=1.25)
    wanted = dataclasses.replace(TRIAL, seed=7, training=training)
    assert evolve(TRIAL, {"training.zoom": 1.25, "seed": 7}) == wanted
    assert TRIAL.training.zoom == 1.5
    assert evolve(TRIAL, {}) == TRIAL


@pytest.mark.parametrize(
    "changes",
    [
        {"training.zoom": 1.25, "threshold_tries": 1},
        {"weights.kind": "pretrained", "weights.origin": "public", "weights.name": "cpsam"},
        {"extra.kind": "copy_paste", "extra.ratio": 2.0},
        {
            "extra.kind": "gan",
            **{f"extra.gan.{name}": value for name, value in flatten(paper_gan("oasis")).items()},
        },
    ],
)
def test_it_equals_the_way_through_a_flat_dict(changes: dict[str, Any]) -> None:
    assert evolve(TRIAL, changes) == read_spec(flatten(TRIAL) | changes)


def test_fields_of_a_part_change_at_once() -> None:
    """Neither `pretrained` without a name nor a name without `pretrained` is valid."""
    weights = WeightsSpec(kind="pretrained", origin="source", name="abc")
    flat = {f"weights.{name}": value for name, value in flatten(weights).items()}
    assert evolve(TRIAL, flat).weights == weights
    with pytest.raises(ValueError, match="Pretrained weights need an origin"):
        evolve(TRIAL, {"weights.kind": "pretrained"})


def test_a_gan_is_replaced_whole_or_in_part() -> None:
    other = paper_gan("spade")
    assert evolve(WITH_GAN, {"extra.gan": other}).extra.gan == other
    assert evolve(WITH_GAN, {"extra.gan.width": 32}).extra.gan == GanSpec(width=32)
    both = evolve(WITH_GAN, {"extra.gan": other, "extra.gan.width": 32}).extra.gan
    assert both == dataclasses.replace(other, width=32)
    assert evolve(WITH_GAN, {"extra.kind": "none", "extra.gan": None}).extra.gan is None


def test_a_part_that_was_none_is_built() -> None:
    assert evolve(TRIAL, {"extra.kind": "gan", "extra.gan.width": 32}).extra.gan == GanSpec(
        width=32
    )


def test_a_segmenter_stays_of_its_kind() -> None:
    assert evolve(TRIAL, {"segmenter.kind": "unet", "segmenter.depth": 3}).segmenter.kind == "unet"
    with pytest.raises(ValueError, match="kind of UnetSpec is 'unet', but got 'stardist'"):
        evolve(TRIAL, {"segmenter.kind": "stardist"})


def test_a_fit_of_a_gan_is_changed_like_a_trial() -> None:
    changed = evolve(gan_fit(WITH_GAN), {"gan.width": 32, "data.draw": 2})
    assert (changed.gan.width, changed.data.draw) == (32, 2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training.zoo": 1.5}, "TrainingSpec has no 'zoo'; it has"),
        ({"trainings.zoom": 1.5}, "TrialSpec has no 'trainings'; it has"),
        ({"extra.gan.widht": 8}, "GanSpec has no 'widht'; it has"),
        ({"seed.low": 1}, "seed of TrialSpec has no fields, but got 'low'"),
        ({"training.zoom": 0.5}, "zoom must be at least 1"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        evolve(TRIAL, changes)
