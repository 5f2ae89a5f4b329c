"""A whole study, from images to verdict; run again, it goes on where it stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import optuna
import ray
from optuna.storages.journal import JournalFileBackend

from study.arm_search import ArmSearch
from study.data import (
    StudyData,
    needed_ids,
    open_main,
    open_source,
    source_count,
    source_ids,
)
from study.design import ARMS, Study
from study.events import Listener
from study.machines import machines, refuse_unmet, start_ray, stop_ray
from study.plan import (
    Splits,
    Task,
    choose_best,
    confirm_tasks,
    needs_source,
    search_gans,
    search_needs,
    search_spec,
    source_fits,
)
from study.public_models import refuse_missing_models
from study.stage import run_stage
from study.store import Store
from study.study_file import refuse_other_study, write_study_file
from trainables.ray_trainable import DataInputs, TrialInputs


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a study runs and where its files lie; decides none of its numbers."""

    folder: Path
    """The study's own folder on this machine."""
    storage: str = ""
    """Folder that all machines of a cluster reach; empty: the study's own."""
    address: str = ""
    """Of a Ray cluster; empty: this machine alone."""
    concurrency: int = 0
    """Trainings at once; 0 is as many as fit."""
    command: str = ""
    """The command that began it, for the report."""

    @property
    def store(self) -> Store:
        """The study's store."""
        return Store(self.storage or self.folder)


def run_study(study: Study, place: Place, *, listener: Listener) -> None:
    """Runs every stage but the report; what the store already holds is not run again.

    Raises:
        ValueError: something the user can mend, said in one sentence.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    store = place.store
    refuse_other_study(study, store)
    refuse_missing_models(study)
    data = open_main(study, folder=place.folder, store=store)
    source = _source(study, data, place)
    write_study_file(study, data=data, source=source, command=place.command, store=store)
    start_ray(place.address)
    try:
        refuse_unmet(study, machines())
        _search(study, place, data, source, listener)
        _confirm(study, place, data, source, listener)
    finally:
        stop_ray()


def _source(study: Study, data: StudyData, place: Place) -> StudyData | None:
    if not any(needs_source(study, ARMS[name]) for name in study.arms):
        return None
    return open_source(study, channels=data.dataset.channels, folder=place.folder)


def _search(
    study: Study, place: Place, data: StudyData, source: StudyData | None, listener: Listener
) -> None:
    """Source weights, GANs and the searches of all arms, in one Tuner."""
    splits = _splits(study, data, source)
    journal = optuna.storages.JournalStorage(
        JournalFileBackend(str(place.folder / "optuna.journal"))
    )
    arms = [
        ArmSearch(
            study,
            ARMS[name],
            make_spec=partial(search_spec, study, ARMS[name], splits),
            needs=search_needs(study, ARMS[name], splits),
            storage=journal,
        )
        for name in study.arms
    ]
    ids = needed_ids(data, counts=[study.search_count], draws=[study.search_draw])
    inputs = {splits.main: _in_object_store(data, ids)}
    if source:
        inputs[splits.source] = _in_object_store(source, source_ids(study, source))
    _run(
        "search",
        study,
        place,
        tasks=[*source_fits(study, splits), *search_gans(study, splits)],
        arms=arms,
        inputs=TrialInputs(store=place.store, data=inputs),
        listener=listener,
    )


def _confirm(
    study: Study, place: Place, data: StudyData, source: StudyData | None, listener: Listener
) -> None:
    """The best configuration of each arm, frozen, trained afresh and scored on the test side."""
    best = choose_best(study, list(place.store.results().values()))
    tasks = confirm_tasks(study, best)
    ids = needed_ids(data, counts=study.annotation_counts, draws=study.draws)
    main = _in_object_store(data, (*ids, *data.split.test_ids))
    _run(
        "confirm",
        study,
        place,
        tasks=tasks,
        arms=(),
        inputs=TrialInputs(
            store=place.store,
            data={data.split.hash: main},
            example_ids=data.example_ids,
            example_trials=_trials_with_examples(study, tasks),
            size_edges_px=data.dataset.size_edges_px,
        ),
        listener=listener,
    )


def _run(
    stage: str,
    study: Study,
    place: Place,
    *,
    tasks: Sequence[Task],
    arms: Sequence[ArmSearch],
    inputs: TrialInputs,
    listener: Listener,
) -> None:
    run_stage(
        stage,
        study,
        tasks=tasks,
        arms=arms,
        inputs=inputs,
        store=place.store,
        listener=listener,
        concurrency=place.concurrency,
        storage=f"{place.store.root}/ray",
    )


def _splits(study: Study, data: StudyData, source: StudyData | None) -> Splits:
    if source is None:
        return Splits(main=data.split.hash)
    return Splits(
        main=data.split.hash,
        source=source.split.hash,
        source_count=source_count(study, source),
    )


def _in_object_store(data: StudyData, ids: Sequence[str]) -> DataInputs:
    """Reads each image once and hands it to Ray, which spills to disk what memory cannot hold."""
    groups = data.split.groups
    samples = {
        sample_id: ray.put(replace(data.dataset.read(sample_id), group=groups[sample_id]))
        for sample_id in ids
    }
    return DataInputs(split=data.split, samples=samples)


def _trials_with_examples(study: Study, tasks: Sequence[Task]) -> tuple[str, ...]:
    """The trials of the first draw and seed at the largest count, one for each arm."""
    return tuple(
        task.spec.id
        for task in tasks
        if task.spec.stage == "confirm"
        and task.spec.seed == study.seeds[0]
        and task.spec.data.draw == study.draws[0]
        and task.spec.data.annotation_count == study.search_count
    )
