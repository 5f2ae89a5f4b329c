"""Which training runs next: fixed lists in order of dependence, then the arms' searches.

There is one searcher for a whole stage, so that there is one Tuner, no device waits for the
slowest trial of another arm, and budgets are equal to the trial.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ray.tune.search import Searcher

from study.events import Listener, row
from study.plan import Task
from study.running.arm_search import ArmSearch
from study.store import Store
from trainables.results.result import Cost, Progress, TrialResult
from trainables.spec.flat import flatten
from trainables.spec.stages import STAGES
from trainables.spec.trial_spec import Spec


class StageSearcher(Searcher):
    """Hands Tune the trainings of one stage, one at a time, and records how each of them ended.

    A training waits for those it needs; where one of these fails, it is stored as failed without
    being run, and an arm that cannot continue is closed. Of the arms with budget left, the one with
    the fewest trials is always asked, and among equals the one that has spent the fewest
    device-seconds.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        arms: Sequence[ArmSearch],
        *,
        store: Store,
        listener: Listener,
    ) -> None:
        super().__init__(metric="validation_f1", mode="max")
        self._store = store
        self._listener = listener
        self.ended = store.results()
        """Results of trainings, including other stages and earlier runs, by trial id."""
        self._tasks = [task for task in tasks if task.spec.id not in self.ended]
        self._arms = list(arms)
        self._running: dict[str, _Running] = {}
        self.complaint = ""
        """Why the stage cannot continue; empty where it can."""
        for arm in self._arms:
            arm.restore(self.ended)
            self._charge_needs(arm)

    @property
    def remaining(self) -> dict[str, int]:
        """Trainings still to come, by row of the progress table; empty where all is done."""
        rows = Counter(row(task.spec) for task in self._tasks)
        for arm in self._arms:
            if not arm.is_over:
                rows[arm.arm.name] += arm.remaining
        return dict(rows)

    def give_up(self) -> None:
        """Stores as failed what needs a failed training, and closes arms that do."""
        hopeless = [task for task in self._tasks if self._is_hopeless(task.needs)]
        self._tasks = [task for task in self._tasks if task not in hopeless]
        self._arms = [arm for arm in self._arms if not self._is_hopeless(arm.needs)]
        for task in hopeless:
            result = _never_begun(task.spec, needs=[self.ended[need] for need in task.needs])
            self._store.write_result(result)
            self._note_end(result)

    def suggest(self, trial_id: str) -> Any:
        """The next training, None while all that is left must wait, or `FINISHED`."""
        if self.complaint:
            return Searcher.FINISHED
        self.give_up()
        spec, arm = self._next()
        if spec is None:
            waiting = self._running and (self._tasks or any(not arm.is_over for arm in self._arms))
            return None if waiting else Searcher.FINISHED
        self._running[trial_id] = _Running(spec, arm)
        self._listener.trial_started(spec)
        return {"spec": flatten(spec)}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Passes an evaluation on."""
        running = self._running.get(trial_id)
        if running is None or not running.note(result):
            return
        seen, score = running.progress[-1].images_seen, running.progress[-1].validation_f1
        if running.arm:
            running.arm.note_progress(running.spec.id, images_seen=seen, validation_f1=score)
        self._listener.trial_progressed(running.spec, images_seen=seen, validation_f1=score)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Records how a training ended, and informs its arm."""
        running = self._running.pop(trial_id, None)
        if running is None:
            return
        last = result or {}
        ended = self._store.result(running.spec.id)
        if ended is None and "trial" in last:
            self.complaint = last.get("complaint") or (
                f"A training has ended, but its result is not in {self._store.root}: the machines "
                f"do not share this folder. Name one that all of them reach with --storage."
            )
            return
        if ended is None:
            # The evaluation at which a trial is stopped arrives here, not in on_trial_result.
            running.note(last)
            ended = running.lost() if error else running.pruned()
            self._store.write_result(ended)
            self._store.checkpoints(running.spec.id).clear()
        if running.arm:
            running.arm.tell(ended)
        self._note_end(ended)
        for arm in self._arms:
            self._charge_needs(arm)

    def save(self, checkpoint_path: str) -> None:
        """Writes the file Tune expects, empty: all state is in the store and with Optuna."""
        Path(checkpoint_path).touch()

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to read: see `save`."""

    def __getstate__(self) -> dict[str, Any]:
        """Leaves nothing for Tune to pickle with its own state: see `save`."""
        return {}

    def _note_end(self, result: TrialResult) -> None:
        """Records how a training ended, and passes it on."""
        self.ended[result.trial_id] = result
        self._listener.trial_ended(result)

    def _next(self) -> tuple[Spec | None, ArmSearch | None]:
        for task in self._tasks:
            if self._is_ready(task.needs):
                self._tasks.remove(task)
                return task.spec, None
        open_arms = [arm for arm in self._arms if self._is_ready(arm.needs) and not arm.is_over]
        if not open_arms:
            return None, None
        arm = min(open_arms, key=lambda arm: (arm.trials, arm.spent_device_seconds))
        return arm.ask(), arm

    def _is_ready(self, needs: frozenset[str]) -> bool:
        return all(need in self.ended for need in needs)

    def _is_hopeless(self, needs: frozenset[str]) -> bool:
        """Whether something needed has failed; with several GANs, whether all have."""
        ended = {need: self.ended[need] for need in needs & self.ended.keys()}
        failed = {need for need, result in ended.items() if result.status == "failed"}
        gans = {need for need, result in ended.items() if result.spec.stage == "fit_gans"}
        all_gans_failed = len(ended) == len(needs) and bool(gans) and gans <= failed
        return bool(failed - gans) or all_gans_failed

    def _charge_needs(self, arm: ArmSearch) -> None:
        """Charges an arm for each chargeable training it needs, even if other arms share it."""
        for need in arm.needs & self.ended.keys():
            if STAGES[self.ended[need].spec.stage].is_charged:
                arm.note_fit(self.ended[need])


def _never_begun(spec: Spec, *, needs: Sequence[TrialResult]) -> TrialResult:
    """The result of a training whose data or weights are missing, as what it needs has failed."""
    failed = next(need for need in needs if need.status == "failed")
    what = STAGES[failed.spec.stage].training
    why = failed.reason.splitlines()[0] if failed.reason else "no reason is known"
    return TrialResult(
        trial_id=spec.id,
        spec=spec,
        status="failed",
        reason=f"Never begun: the {what} {failed.trial_id}, which it needs, failed: {why}",
    )


class _Running:
    """A training under way."""

    def __init__(self, spec: Spec, arm: ArmSearch | None) -> None:
        self.spec = spec
        self.arm = arm
        self.progress: list[Progress] = []
        self._started_at = time.time()

    def note(self, result: dict[str, Any]) -> bool:
        """Records an evaluation; False where the report is not one, or is already known."""
        if "images_seen" not in result:
            return False
        progress = Progress(**{entry.name: result[entry.name] for entry in fields(Progress)})
        if self.progress and progress.images_seen <= self.progress[-1].images_seen:
            return False
        self.progress.append(progress)
        return True

    def pruned(self) -> TrialResult:
        seen = self.progress[-1].images_seen if self.progress else 0
        return self._unfinished("pruned", f"behind the other trials of its arm at {seen} images")

    def lost(self) -> TrialResult:
        return self._unfinished(
            "failed", "Its process was lost, more often than is tried again: out of memory?"
        )

    def _unfinished(self, status: Any, reason: str) -> TrialResult:
        return TrialResult(
            trial_id=self.spec.id,
            spec=self.spec,
            status=status,
            reason=reason,
            progress=tuple(self.progress),
            cost=self._cost(),
        )

    def _cost(self) -> Cost | None:
        if not self.progress:
            return None
        seconds = self.progress[-1].device_seconds
        return Cost(
            device_seconds=seconds,
            training_seconds=seconds,
            started_at=self._started_at,
            ended_at=time.time(),
            peak_gib=float("nan"),
            device="",
        )
