"""A whole study, from images to scores; run again, it resumes where it stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from study.ablate import ablation_tasks
from study.design import ARMS, Study
from study.events import Listener
from study.inputs.data import StudyData, source_ids, touched_ids
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
    source_fits,
)
from study.running.arm_search import ArmSearch, open_journal
from study.running.machines import machines, refuse_unmet, start_ray, stop_ray
from study.running.one_writer import one_writer
from study.running.pools import shared_pools, stored_pool
from study.running.shared_images import SharedImages
from study.running.shared_weights import shared_weights
from study.running.stage import run_stage
from trainables.results.result import TrialResult
from trainables.spec.stages import Stage
from trainables.trial_inputs import DataInputs, TrialInputs


def run_study(study: Study, place: Place, *, listener: Listener) -> None:
    """Opens a study and runs all of it but the report.

    Raises:
        ValueError: something the user can fix, explained in one sentence.
    """
    with one_writer(place):
        StudyRun(opened=open_study(study, place), place=place, listener=listener).run()


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyRun:
    """The run of a study whose data are open: every stage but the report.

    What the store already holds is not run again.
    """

    opened: OpenedStudy
    place: Place
    listener: Listener

    def run(self) -> None:
        """Runs the stages one after the other, on Ray started for them.

        Raises:
            ValueError: something the user can fix, explained in one sentence.
        """
        start_ray(self.place.address)
        try:
            refuse_unmet(self.opened.study, machines())
            self.search()
            self.score()
        finally:
            stop_ray()

    def search(self) -> None:
        """Trains source weights, fits GANs and searches all arms and folds, in one Tuner."""
        study, splits = self.opened.study, self.opened.splits
        gans = [task for fold in splits for task in search_gans(study, fold)]
        run_stage(
            "search",
            study,
            self.place,
            tasks=[*source_fits(study, splits[0]), *gans],
            arms=self._arm_searches(),
            inputs=self._search_inputs,
            listener=self.listener,
        )
        note_source_weights(study, splits[0], self.place.store)

    def score(self) -> None:
        """Confirms and ablates, on the same images."""
        images = self._images(self.opened.data)  # freed before Ray stops: see `stop_ray`
        self.confirm(images)
        if self.opened.study.ablate:
            self.ablate(images)

    def confirm(self, images: SharedImages) -> None:
        """Trains the frozen best configuration of each arm anew; scores it on the test side."""
        self._score("confirm", self._tasks(confirm_tasks), images)

    def ablate(self, images: SharedImages) -> None:
        """Trains the same configurations with one factor changed, and scores them the same way."""
        self._score("ablate", self._tasks(ablation_tasks), images)

    def _arm_searches(self) -> list[ArmSearch]:
        """The search of each arm, in each fold where there are folds."""
        study, splits = self.opened.study, self.opened.splits
        journal = open_journal(self.place.folder)
        return [
            ArmSearch(
                study,
                ARMS[name],
                fold,
                storage=journal,
                fold=fold.main if len(splits) > 1 else "",
            )
            for fold in splits
            for name in study.arms
        ]

    def _search_inputs(self) -> TrialInputs:
        """The images that the search may touch; those of the test side are not among them."""
        study, data, source = self.opened.study, self.opened.data, self.opened.source
        specs = greediest_specs(study, self.opened.splits[0])
        counts, draws = [study.search_count], [study.search_draw]
        images = self._images(data)
        inputs = []
        for split in data.splits:
            touched = touched_ids(split, specs, counts=counts, draws=draws)
            inputs.append(images.inputs(split, touched))
        if source:
            inputs.append(self._images(source).inputs(source.split, source_ids(study, source)))
        return self._inputs(inputs)

    def _score(self, stage: Stage, tasks: Sequence[Task], images: SharedImages) -> None:
        """Runs trainings that are scored on the test side."""
        run_stage(
            stage,
            self.opened.study,
            self.place,
            tasks=tasks,
            inputs=lambda: self._score_inputs(tasks, images),
            listener=self.listener,
        )

    def _score_inputs(self, tasks: Sequence[Task], images: SharedImages) -> TrialInputs:
        """The images of all counts and draws, and the test images."""
        study, data = self.opened.study, self.opened.data
        specs = [task.spec for task in tasks]
        counts, draws = study.annotation_counts, study.draws
        inputs = []
        for split in data.splits:
            touched = touched_ids(split, specs, counts=counts, draws=draws)
            inputs.append(images.inputs(split, (*touched, *split.test_ids)))
        return replace(
            self._inputs(inputs),
            example_ids=data.example_ids,
            example_trials=self._trials_with_examples(tasks),
            size_edges_px=data.dataset.size_edges_px,
        )

    def _inputs(self, data: Sequence[DataInputs]) -> TrialInputs:
        """The inputs that every stage gets, with the images that it may touch."""
        store = self.place.store
        return TrialInputs(
            store=store,
            data={one.split.hash: one for one in data},
            read_pool=(
                shared_pools(store) if has_gans(self.opened.study) else partial(stored_pool, store)
            ),
            weights=shared_weights(self.opened.weights, on_cluster=self.place.on_cluster),
        )

    def _images(self, data: StudyData) -> SharedImages:
        return SharedImages(data, on_cluster=self.place.on_cluster)

    def _tasks(self, tasks_of: Callable[[Study, dict[str, TrialResult]], list[Task]]) -> list[Task]:
        """The tasks that follow from what the search of each fold chose for each arm."""
        study, results = self.opened.study, list(self.place.store.results().values())
        return [
            task
            for split in self.opened.data.splits
            for task in tasks_of(study, choose_best(study, results, split=split.hash))
        ]

    def _trials_with_examples(self, tasks: Sequence[Task]) -> tuple[str, ...]:
        """Ids of the trials whose predictions are kept for the report's pictures.

        The trials of `confirm` with the first draw and seed at the largest count, one for each arm.
        """
        study, split = self.opened.study, self.opened.data.split
        return tuple(
            task.spec.id
            for task in tasks
            if task.spec.stage == "confirm"
            and task.spec.seed == study.seeds[0]
            and task.spec.data.split == split.hash
            and task.spec.data.draw == study.draws[0]
            and task.spec.data.annotation_count == study.search_count
        )
