"""Every id that studies plan, as digests: what must not change when code moves.

A trial's id names its result in the store, so a changed id repeats trainings of studies that were
begun before. `planned_ids.json` was written by the code of a0d0064 and, but for `factors`, is as
it was: there LoRA's rank is listed as a field of the training, and makes nothing of a network that
it is not made for, where it was an error. Written again, by `python -m tests.study.planned_ids`, it
admits that studies of before start anew.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import optuna

from search_spaces import arm as arm_space
from study.ablate import ablation_tasks
from study.design import ARMS, Arm, Setup, Study
from study.factors import Factor, factor_fields
from study.plan import (
    Splits,
    confirm_tasks,
    default_spec,
    search_gans,
    search_needs,
    search_spec,
    source_fits,
)
from study.presets import PRESETS, full
from trainables.results.result import TrialResult
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.flat import flatten
from trainables.spec.gan_spec import paper_gan
from trainables.spec.trial_spec import TrialSpec

GOLDEN = Path(__file__).with_name("planned_ids.json")
SPLITS = Splits(main="main", source="source", source_count=12)
ARMS_OF_BEFORE = (
    "unet",
    "unet_copy_paste",
    "unet_cutmix",
    "unet_chessmix",
    "unet_real_repeated",
    "unet_gan",
    "unet_gan_encoder",
    "unet_pseudo_labels",
    "unet_transfer",
    "cellpose",
    "stardist",
    "cellpose_scratch",
    "stardist_scratch",
    "cellpose_gan",
    "stardist_gan",
    "cellpose_zero_shot",
    "stardist_zero_shot",
)
"""All that there were, in their order then."""
PROPOSALS = 12
"""Random configurations of each arm, so that all of its space is compared."""


def studies() -> Iterator[tuple[str, Study]]:
    """The presets, and studies of every arm with every network and every way to start."""
    for name, preset in PRESETS.items():
        yield name, preset()
    every = dataclasses.replace(full(), arms=ARMS_OF_BEFORE, confirm_draws=2, confirm_seeds=1)
    yield "every arm", every
    networks = {
        "mediar": Setup(segmenter=CellposeSpec(backbone="mediar", encoder="mit_b0")),
        "mediar imagenet": Setup(
            segmenter=CellposeSpec(backbone="mediar", encoder="mit_b0"), encoder_weights="imagenet"
        ),
        "cpsam": Setup(segmenter=CellposeSpec(backbone="cpsam"), public_weights="cpsam"),
        "cpdino": Setup(segmenter=CellposeSpec(backbone="cpdino"), public_weights="dino.pt"),
    }
    arms = tuple(name for name in ARMS_OF_BEFORE if ARMS[name].segmenter == "cellpose")
    for name, family in networks.items():
        yield name, dataclasses.replace(every, arms=arms).with_setups(cellpose=family)
    public = {
        "unet": dataclasses.replace(every.setup("unet"), public_weights="imagenet"),
        "stardist": dataclasses.replace(
            every.setup("stardist"), public_weights="2D_versatile_fluo"
        ),
    }
    yield (
        "public weights",
        dataclasses.replace(every, arms=("unet_transfer", "stardist", "stardist_gan")).with_setups(
            **public
        ),
    )
    one_gan = dataclasses.replace(every, gans=(paper_gan("spade"),), ablate=())
    yield "one gan", dataclasses.replace(one_gan, arms=("unet_gan", "unet_copy_paste"))
    deep = dataclasses.replace(every.setup("unet"), segmenter=UnetSpec(depth=5, width=16))
    yield "deep", dataclasses.replace(one_gan, arms=("unet",), seed=3).with_setups(unet=deep)


def planned(study: Study) -> dict[str, Any]:
    """What a study plans, by stage: how much, and a digest of the ids in their order."""
    arms = [ARMS[name] for name in study.arms]
    best = {arm.name: _chosen(default_spec(study, arm, SPLITS)) for arm in arms}
    fits = [*source_fits(study, SPLITS), *search_gans(study, SPLITS)]
    return {
        "hash": study.hash,
        "fits": _digest(task.spec.id for task in fits),
        "needs": _digest(need for arm in arms for need in sorted(search_needs(study, arm, SPLITS))),
        "starts": {arm.name: _digest([json.dumps(_starts(study, arm))]) for arm in arms},
        "proposals": {arm.name: _digest(_proposed(study, arm)) for arm in arms},
        "confirm": _digest(task.spec.id for task in confirm_tasks(study, best)),
        "ablate": _digest(task.spec.id for task in ablation_tasks(study, best)),
        "factors": {arm.name: _digest(_varied(study, best[arm.name])) for arm in arms},
    }


def _choices(study: Study, arm: Arm) -> dict[str, Any]:
    return {
        "segmenter": study.setup(arm.segmenter).segmenter,
        "extra": arm.extra_data,
        "weights": arm.initial_weights,
        "gans": study.gans,
        "is_trained": arm.is_trained,
    }


def _starts(study: Study, arm: Arm) -> list[dict[str, Any]]:
    return arm_space.starts(**_choices(study, arm))


def _proposed(study: Study, arm: Arm) -> Iterator[str]:
    """Ids and parameters of random configurations, the defaults first."""
    search = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for start in _starts(study, arm):
        search.enqueue_trial(start)
    for _ in range(PROPOSALS):
        trial = search.ask()
        varied = arm_space.space(trial, **_choices(study, arm))
        yield json.dumps([search_spec(study, arm, SPLITS, varied).id, trial.params])


def _varied(study: Study, chosen: TrialResult) -> Iterator[str]:
    """Ids of what each factor makes of a configuration, or why a level cannot be."""
    flat = flatten(chosen.spec)
    for field in factor_fields():
        levels = ("scratch",) if field == "weights.kind" else (_other(field, flat),)
        factor = Factor(field=field, levels=levels)
        yield f"{field}: {_attempt(lambda factor=factor: _ids(study, chosen, factor))}"


def _ids(study: Study, chosen: TrialResult, factor: Factor) -> list[str]:
    varied = dataclasses.replace(study, ablate=(factor,), ablate_draws=1)
    return [task.spec.id for task in ablation_tasks(varied, {"": chosen})]


def _attempt(make: Callable[[], list[str]]) -> str:
    try:
        return " ".join(make())
    except (ValueError, TypeError) as error:
        return type(error).__name__


def _other(field: str, flat: dict[str, Any]) -> Any:
    """Another value of a field than the one it has."""
    value = flat.get(field, 1)
    if isinstance(value, bool):
        return not value
    return 2 * value + (not value) if isinstance(value, int | float) else f"{value}x"


def _chosen(spec: TrialSpec) -> TrialResult:
    return TrialResult(trial_id=spec.id, spec=spec, status="completed")


def _digest(texts: Iterable[str]) -> str:
    """`12 of 4e01...`: how many, and a hash of all of them in their order."""
    found = list(texts)
    return f"{len(found)} of {hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]}"


def all_planned() -> dict[str, Any]:
    """By name of the study."""
    return {name: planned(study) for name, study in studies()}


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(all_planned(), indent=1) + "\n")
