"""The plan: every training of a study, counted before anything runs."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from search_spaces import arm as arm_space
from study.design import ARMS, Arm, Setup, Study
from trainables.results.result import TrialResult
from trainables.spec.evolve import evolve
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.flat import flatten
from trainables.spec.trial_spec import (
    DataSpec,
    GanFitSpec,
    SegmenterSettings,
    Spec,
    TrialSpec,
    WeightsSpec,
    gan_fit,
)

SOURCE_DRAW = 0
"""The draw of the source's images; the source has no test side to seal and is drawn from once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Splits:
    """Hashes of the splits that the specs name."""

    main: str
    """Split of the data set; with grouped folds, one of them."""
    source: str = ""
    """Split of the source; empty where no arm needs one."""
    source_count: int = 1
    """Annotated images of the source that are used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One training known in advance, and what must have ended before it."""

    spec: Spec
    needs: frozenset[str] = field(default_factory=frozenset)
    """Ids of trials that must have ended."""


def source_fit(study: Study, segmenter: str, splits: Splits) -> TrialSpec:
    """The training on the source that provides the weights of one segmenter's transfer arms."""
    setup = study.setup(segmenter)
    return TrialSpec(
        stage="fit_sources",
        arm=f"{segmenter}_source",
        study_seed=study.seed,
        seed=0,
        data=_data(study, splits.source, count=splits.source_count, draw=SOURCE_DRAW),
        segmenter=setup.segmenter,
        training=dataclasses.replace(
            setup.training,
            images_seen=study.source_images_seen,
            learning_rate=_scratch_rate(setup.segmenter),
        ),
        weights=WeightsSpec(kind="pretrained", origin="public", name=setup.encoder_weights)
        if setup.encoder_weights
        else WeightsSpec(),
        threshold_tries=1,  # only the weights are used afterwards
    )


def needs_source(study: Study, arm: Arm) -> bool:
    """Whether an arm starts from weights that must first be trained on the source."""
    return arm.initial_weights == "pretrained" and not study.setup(arm.segmenter).public_weights


def source_fits(study: Study, splits: Splits) -> list[Task]:
    """One training for each segmenter that some arm wants to start from the source."""
    arms = [ARMS[name] for name in study.arms]
    segmenters = {arm.segmenter: None for arm in arms if needs_source(study, arm)}
    return [Task(spec=source_fit(study, segmenter, splits)) for segmenter in segmenters]


def has_gans(study: Study) -> bool:
    """Whether some arm has GAN data."""
    return any(ARMS[name].uses_gan for name in study.arms)


def search_gans(study: Study, splits: Splits) -> list[Task]:
    """The GANs among which the arms with GAN data choose, fitted on the draw of the search."""
    if not has_gans(study):
        return []
    data = _data(study, splits.main, count=study.search_count, draw=study.search_draw)
    fits = [GanFitSpec(study_seed=study.seed, seed=0, data=data, gan=gan) for gan in study.gans]
    return [Task(spec=fit) for fit in dict.fromkeys(fits)]


def search_spec(study: Study, arm: Arm, splits: Splits, varied: dict[str, Any]) -> TrialSpec:
    """A trial of the search: the study's settings for the arm, with what the search varies.

    Args:
        varied: flat fields, as an arm's space returns them.
    """
    return evolve(_base(study, arm, splits), varied)


def greediest_specs(study: Study, splits: Splits) -> list[Spec]:
    """The GAN fits of the search, and for each arm a trial that uses every image it ever may."""
    trials = []
    for arm in (ARMS[name] for name in study.arms):
        varied = {"extra.ratio": 1.0} if arm.extra_data == "pseudo_labels" else {}
        trials.append(search_spec(study, arm, splits, varied))
    return [*(task.spec for task in search_gans(study, splits)), *trials]


def search_needs(study: Study, arm: Arm, splits: Splits) -> frozenset[str]:
    """Ids of the trainings that an arm's search waits for."""
    needs = {task.spec.id for task in search_gans(study, splits)} if arm.uses_gan else set()
    if needs_source(study, arm):
        needs.add(source_fit(study, arm.segmenter, splits).id)
    return frozenset(needs)


def confirm_tasks(study: Study, best: dict[str, TrialResult]) -> list[Task]:
    """The frozen configurations, trained anew for every count, draw and seed.

    GAN fits come first, then the trials, the longest arms first, so that no core idles while
    the last one runs.

    Args:
        best: the chosen search trial of each arm.
    """
    trials = [
        confirm_spec(result.trial, count=count, draw=draw, seed=seed)
        for result in sorted(best.values(), key=_device_seconds, reverse=True)
        for count in sorted(study.annotation_counts, reverse=True)
        for draw in study.draws
        for seed in study.seeds
    ]
    return with_gan_fits(trials)


def with_gan_fits(trials: Sequence[TrialSpec]) -> list[Task]:
    """The trials as tasks, preceded by the GAN fits that they need, once each."""
    fits = {gan_fit(spec).id: gan_fit(spec) for spec in trials if _paints(spec)}
    return [
        *(Task(spec=fit) for fit in fits.values()),
        *(
            Task(
                spec=spec,
                needs=frozenset({gan_fit(spec).id} if _paints(spec) else ()),
            )
            for spec in trials
        ),
    ]


def confirm_spec(searched: TrialSpec, *, count: int, draw: int, seed: int) -> TrialSpec:
    """The configuration of a search trial on another choice of annotated images."""
    data = dataclasses.replace(searched.data, annotation_count=count, draw=draw)
    return dataclasses.replace(searched, stage="confirm", data=data, seed=seed)


def choose_best(
    study: Study, results: Sequence[TrialResult], *, split: str
) -> dict[str, TrialResult]:
    """The search trial of each arm with the highest validation F1; among equals, the cheapest.

    Arms with no completed trial are left out.

    Args:
        split: hash of the split, or of the fold, that was searched.
    """
    best = {}
    for name in study.arms:
        done = [
            result
            for result in results
            if result.status == "completed"
            and result.spec.stage == "search"
            and result.trial.arm == name
            and result.spec.data.split == split
        ]
        if done:
            best[name] = max(done, key=lambda one: (one.validation_f1, -_device_seconds(one)))
    return best


def default_spec(study: Study, arm: Arm, splits: Splits) -> TrialSpec:
    """The first trial of an arm's search: the field's defaults."""
    setup = study.setup(arm.segmenter)
    point = arm_space.defaults(
        setup.segmenter,
        extra=arm.extra_data,
        weights=arm.initial_weights,
        gans=study.gans,
        is_trained=arm.is_trained,
    )
    base = _base(study, arm, splits)
    fields = flatten(base)
    return evolve(base, {name: value for name, value in point.items() if name in fields})


def _base(study: Study, arm: Arm, splits: Splits) -> TrialSpec:
    setup = study.setup(arm.segmenter)
    return TrialSpec(
        stage="search",
        arm=arm.name,
        study_seed=study.seed,
        seed=0,
        data=_data(study, splits.main, count=study.search_count, draw=study.search_draw),
        segmenter=setup.segmenter,
        training=arm.training(setup),
        extra=_extra(arm, study),
        weights=_weights(study, arm, setup, splits),
        threshold_tries=study.threshold_tries,
    )


def _data(study: Study, split: str, *, count: int, draw: int) -> DataSpec:
    return DataSpec(
        split=split,
        annotation_count=count,
        draw=draw,
        min_diameter_px=study.min_diameter_px,
        max_diameter_px=study.max_diameter_px,
    )


def _extra(arm: Arm, study: Study) -> ExtraSpec:
    if arm.extra_data == "gan":
        return ExtraSpec(kind="gan", ratio=1.0, gan=study.gans[0], pool_size=study.pool_size)
    return ExtraSpec(kind=arm.extra_data, pool_size=study.pool_size)


def _weights(study: Study, arm: Arm, setup: Setup, splits: Splits) -> WeightsSpec:
    if arm.initial_weights != "pretrained":
        return WeightsSpec(kind=arm.initial_weights)
    if setup.public_weights:
        return WeightsSpec(kind="pretrained", origin="public", name=setup.public_weights)
    source = source_fit(study, arm.segmenter, splits)
    return WeightsSpec(kind="pretrained", origin="source", name=source.id)


def _scratch_rate(segmenter: SegmenterSettings) -> float:
    """The family's default learning rate for training from scratch."""
    start = arm_space.defaults(segmenter, extra="none", weights="scratch", gans=())
    return float(start["training.learning_rate"])


def _paints(spec: TrialSpec) -> bool:
    return spec.extra.gan is not None and spec.extra.ratio > 0


def _device_seconds(result: TrialResult) -> float:
    return result.cost.device_seconds if result.cost else 0.0
