"""Stopping hopeless trials early, each compared with trials of its own arm and fold only."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler

from trainables.results.result import TrialResult
from trainables.spec.flat import flatten
from trainables.spec.trial_spec import GanFitSpec
from trainables.wire.reading import read_spec

FIRST_RUNG = 0.4
"""Share of a trial's images before which nothing is stopped."""
REDUCTION = 2
"""At each rung, one trial in `REDUCTION` continues."""


class PerArmStopping(FIFOScheduler):
    """One asynchronous successive halving (Li et al. 2020, arXiv:1810.05934) for each arm.

    Ray compares all trials of a Tuner at a rung, so arms that learn slowly would lose. Here each
    arm has its own scheduler, one per fold where there are folds, as their validation images
    differ. Trials outside the search are never stopped.
    """

    def __init__(self, images_seen: dict[str, int]) -> None:
        """Schedulers are created for each arm and split when its first trial arrives.

        Args:
            images_seen: length of a trial of each arm, whose last evaluation decides nothing. An
                arm that is not trained (0) has no evaluations at which it could be stopped.
        """
        super().__init__()
        self._images_seen = images_seen
        self._schedulers: dict[tuple[str, str], ASHAScheduler] = {}

    def replay(self, results: Iterable[TrialResult]) -> None:
        """Replays trials that ended before this process began, which Tune does not remember."""
        for result in results:
            trial = _Past(result)
            self.on_trial_add(None, trial)
            for progress in result.progress:
                self.on_trial_result(None, trial, asdict(progress))

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        if arm := self._arm(trial):
            arm.on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        arm = self._arm(trial)
        if arm is None or self._is_last(trial, result):
            return TrialScheduler.CONTINUE
        return str(arm.on_trial_result(tune_controller, trial, result))

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        if arm := self._arm(trial):
            arm.on_trial_remove(tune_controller, trial)

    def _arm(self, trial: Any) -> ASHAScheduler | None:
        spec = read_spec(trial.config["spec"])
        if isinstance(spec, GanFitSpec) or spec.stage != "search":
            return None
        if not self._images_seen.get(spec.arm):
            return None
        key = spec.arm, spec.data.split
        if key not in self._schedulers:
            self._schedulers[key] = _halving(self._images_seen[spec.arm])
        return self._schedulers[key]

    def _is_last(self, trial: Any, result: dict[str, Any]) -> bool:
        return bool(result.get("images_seen", 0) >= self._images_seen[trial.config["spec"]["arm"]])


def _halving(images_seen: int) -> ASHAScheduler:
    return ASHAScheduler(
        time_attr="images_seen",
        metric="validation_f1",
        mode="max",
        max_t=images_seen,
        grace_period=max(1, int(FIRST_RUNG * images_seen)),
        reduction_factor=REDUCTION,
        stop_last_trials=False,
    )


class _Past:
    """The part of a Tune trial that a scheduler reads, for a trial that has ended."""

    def __init__(self, result: TrialResult) -> None:
        self.trial_id = result.trial_id
        self.config = {"spec": flatten(result.spec)}
