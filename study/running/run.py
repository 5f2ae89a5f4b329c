"""A whole study, from images to scores; run again, it goes on where it stopped."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import optuna
import ray
from optuna.storages.journal import JournalFileBackend

from study.ablate import ablation_tasks
from study.design import ARMS, Study
from study.events import Listener
from study.inputs.data import StudyData, needed_ids, needed_unlabelled_ids, source_ids
from study.inputs.opened import OpenedStudy, open_study
from study.inputs.study_file import note_source_weights
from study.place import Place
from study.plan import (
    Task,
    choose_best,
    confirm_tasks,
    greediest_specs,
    has_gans,
    search_gans,
    search_needs,
    search_spec,
    source_fits,
)
from study.running.arm_search import ArmSearch
from study.running.machines import machines, refuse_unmet, start_ray, stop_ray
from study.running.one_writer import one_writer
from study.running.pools import ReadPool, shared_pools, stored_pool
from study.running.shared_weights import shared_weights
from study.running.stage import run_stage
from trainables.data.dividing.annotated import Reader
from trainables.data.dividing.split import Split
from trainables.data.sample import Sample
from trainables.data.windows import is_large
from trainables.ray_trainable import DataInputs, TrialInputs
from trainables.results.result import TrialResult
from trainables.spec.stages import Stage
from trainables.spec.trial_spec import Spec


def run_study(study: Study, place: Place, *, listener: Listener) -> None:
    """Runs every stage but the report; what the store already holds is not run again.

    Raises:
        ValueError: something the user can mend, said in one sentence.
    """
    with one_writer(place):
        run_opened(open_study(study, place), place, listener=listener)


def run_opened(opened: OpenedStudy, place: Place, *, listener: Listener) -> None:
    """Runs every stage of a study whose data are open."""
    start_ray(place.address)
    try:
        refuse_unmet(opened.study, machines())
        _search(opened, place, listener)
        _confirm_and_ablate(opened, place, listener)
    finally:
        stop_ray()


def _search(opened: OpenedStudy, place: Place, listener: Listener) -> None:
    """Source weights, GANs and the searches of all arms and folds, in one Tuner."""
    study, splits = opened.study, opened.splits
    gans = [task for fold in splits for task in search_gans(study, fold)]
    _run(
        "search",
        study,
        place,
        tasks=[*source_fits(study, splits[0]), *gans],
        arms=_arm_searches(opened, place),
        inputs=partial(_search_inputs, opened, place),
        listener=listener,
    )
    note_source_weights(study, splits[0], place.store)


def _search_inputs(opened: OpenedStudy, place: Place, read_pool: ReadPool) -> TrialInputs:
    """The images that the search may touch; those of the test side are not among them."""
    study, data, source = opened.study, opened.data, opened.source
    specs = greediest_specs(study, opened.splits[0])
    wanted = [
        (
            split,
            _annotation_side(split, specs, counts=[study.search_count], draws=[study.search_draw]),
        )
        for split in data.splits
    ]
    inputs = _hand_over(data, wanted, place=place, readers={})
    if source:
        wanted = [(source.split, source_ids(study, source))]
        inputs |= _hand_over(source, wanted, place=place, readers={})
    weights = shared_weights(opened.weights, on_cluster=bool(place.address))
    return TrialInputs(store=place.store, data=inputs, read_pool=read_pool, weights=weights)


def _arm_searches(opened: OpenedStudy, place: Place) -> list[ArmSearch]:
    """The search of each arm, in each fold where there are folds."""
    study = opened.study
    journal = optuna.storages.JournalStorage(
        JournalFileBackend(str(place.folder / "optuna.journal"))
    )
    return [
        ArmSearch(
            study,
            ARMS[name],
            make_spec=partial(search_spec, study, ARMS[name], fold),
            needs=search_needs(study, ARMS[name], fold),
            storage=journal,
            fold=fold.main if len(opened.splits) > 1 else "",
        )
        for fold in opened.splits
        for name in study.arms
    ]


def _confirm_and_ablate(opened: OpenedStudy, place: Place, listener: Listener) -> None:
    """The best configuration of each arm, frozen, trained afresh and scored on the test side;
    then the same configurations with one factor changed."""
    # Both stages score the same images. Freed before Ray stops: see `stop_ray`.
    readers: dict[str, Reader] = {}
    tasks = _for_each_fold(opened, place, confirm_tasks)
    with_examples = _trials_with_examples(opened.study, tasks, opened.data.split)
    _score("confirm", opened, place, tasks, listener, readers=readers, example_trials=with_examples)
    if opened.study.ablate:
        tasks = _for_each_fold(opened, place, ablation_tasks)
        _score("ablate", opened, place, tasks, listener, readers=readers)


def _for_each_fold(
    opened: OpenedStudy,
    place: Place,
    tasks_of: Callable[[Study, dict[str, TrialResult]], list[Task]],
) -> list[Task]:
    """The tasks that follow from what the search of each fold has chosen for each arm."""
    results = list(place.store.results().values())
    return [
        task
        for split in opened.data.splits
        for task in tasks_of(opened.study, choose_best(opened.study, results, split=split.hash))
    ]


def _score(
    stage: Stage,
    opened: OpenedStudy,
    place: Place,
    tasks: Sequence[Task],
    listener: Listener,
    *,
    readers: dict[str, Reader],
    example_trials: tuple[str, ...] = (),
) -> None:
    """Runs trainings that are scored on the test side."""
    _run(
        stage,
        opened.study,
        place,
        tasks=tasks,
        arms=(),
        inputs=partial(_score_inputs, opened, place, tasks, readers, example_trials),
        listener=listener,
    )


def _score_inputs(
    opened: OpenedStudy,
    place: Place,
    tasks: Sequence[Task],
    readers: dict[str, Reader],
    example_trials: tuple[str, ...],
    read_pool: ReadPool,
) -> TrialInputs:
    """The images of all counts and draws, and the test images."""
    study, data = opened.study, opened.data
    specs = [task.spec for task in tasks]
    counts, draws = study.annotation_counts, study.draws
    wanted = [
        (
            split,
            (*_annotation_side(split, specs, counts=counts, draws=draws), *split.test_ids),
        )
        for split in data.splits
    ]
    return TrialInputs(
        store=place.store,
        data=_hand_over(data, wanted, place=place, readers=readers),
        read_pool=read_pool,
        weights=shared_weights(opened.weights, on_cluster=bool(place.address)),
        example_ids=data.example_ids,
        example_trials=example_trials,
        size_edges_px=data.dataset.size_edges_px,
    )


def _annotation_side(
    split: Split, specs: Sequence[Spec], *, counts: Sequence[int], draws: Sequence[int]
) -> tuple[str, ...]:
    """The images that these trainings may touch, with labels or without."""
    ids = needed_ids(split, counts=counts, draws=draws)
    others = needed_unlabelled_ids(split, specs, counts=counts, draws=draws)
    return tuple(dict.fromkeys((*ids, *others)))


def _run(
    stage: Stage,
    study: Study,
    place: Place,
    *,
    tasks: Sequence[Task],
    arms: Sequence[ArmSearch],
    inputs: Callable[[ReadPool], TrialInputs],
    listener: Listener,
) -> None:
    read_pool = shared_pools(place.store) if has_gans(study) else partial(stored_pool, place.store)
    run_stage(
        stage,
        study,
        tasks=tasks,
        arms=arms,
        inputs=lambda: inputs(read_pool),
        store=place.store,
        listener=listener,
        concurrency=place.concurrency,
        storage=f"{place.store.root}/ray",
    )


def _hand_over(
    data: StudyData,
    wanted: Sequence[tuple[Split, tuple[str, ...]]],
    *,
    place: Place,
    readers: dict[str, Reader],
) -> dict[str, DataInputs]:
    """Makes the images readable by all trainings.

    Each is read once and handed to Ray, which spills to disk what memory cannot hold; so no
    other machine needs the files. A large one is handed over as pixels, not normalised, and on
    one machine not at all: who trains on it reads its file.

    Args:
        data: the data set.
        wanted: each split with the images that trainings on it may touch.
        place: where the study runs.
        readers: of images handed over before, by sample id; those that were not are added.

    Returns:
        The inputs by hash of the split; folds share the images, each with its own only.
    """
    groups = {name: group for split, _ in wanted for name, group in split.groups.items()}
    names = dict.fromkeys(name for _, ids in wanted for name in ids)
    for name in [name for name in names if name not in readers]:
        read = data.dataset.reader(name, group=groups[name])
        if not is_large(data.dataset.pixels_of(name)):
            sample = read()
            readers[name] = _in_object_store(replace(sample, image=sample.image[:]))
        else:
            readers[name] = _in_object_store(read()) if place.address else read
    return {
        split.hash: DataInputs(split=split, samples={name: readers[name] for name in ids})
        for split, ids in wanted
    }


def _in_object_store(sample: Sample) -> Reader:
    return partial(_from_object_store, ray.put(sample))


def _from_object_store(reference: ray.ObjectRef) -> Sample:
    sample: Sample = ray.get(reference)
    return sample


def _trials_with_examples(study: Study, tasks: Sequence[Task], split: Split) -> tuple[str, ...]:
    """The trials of the first draw and seed at the largest count, one for each arm."""
    return tuple(
        task.spec.id
        for task in tasks
        if task.spec.stage == "confirm"
        and task.spec.seed == study.seeds[0]
        and task.spec.data.split == split.hash
        and task.spec.data.draw == study.draws[0]
        and task.spec.data.annotation_count == study.search_count
    )
