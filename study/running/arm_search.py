"""The search of one arm: its Optuna study, its budget and what it has spent."""

from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from search_spaces import arm as arm_space
from study.design import Arm, Study
from study.plan import Splits, search_needs, search_spec
from trainables.results.result import TrialResult
from trainables.spec.gan_spec import GanSpec, as_fitted
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec

FAILED_SCORE = 0.0
"""Score reported to Optuna for a failed trial: the worst F1, so that similar trials are avoided."""
TRIAL_ID = "trial_id"
"""Name of the attribute that links an Optuna trial to its result in the store."""


class ArmSearch:
    """Asks Optuna for configurations of one arm until its budget is spent.

    The budget is a number of trials and a ceiling of device-seconds, against which the fits of the
    GANs that the arm chooses among are charged, failed ones too. Every arm gets its first trial,
    even where its GANs have used up the ceiling: an arm that was never tried says nothing.

    All that Optuna knows is in its storage, so a search that was killed resumes: the
    configurations that were running are proposed again first.
    """

    def __init__(
        self,
        study: Study,
        arm: Arm,
        splits: Splits,
        *,
        storage: optuna.storages.BaseStorage,
        fold: str = "",
    ) -> None:
        """Opens the arm's Optuna study, or creates it.

        Args:
            study: as it runs on its data.
            arm: one of its arms.
            splits: those that its trials name.
            storage: shared by all arms.
            fold: hash of the fold's split; empty where there are no folds.
        """
        self.arm = arm
        self.needs = search_needs(study, arm, splits)
        """Ids of the trainings that must have ended first; the GAN fits among them are charged to
        the arm."""
        self._study = study
        self._splits = splits
        self._choices: dict[str, Any] = {
            "segmenter": study.setup(arm.segmenter).segmenter,
            "extra": arm.extra_data,
            "weights": arm.initial_weights,
            "is_trained": arm.is_trained,
        }
        self._diameters_px = study.min_diameter_px, study.max_diameter_px
        self._device_seconds: dict[str, float] = {}
        self._failed_gans: set[GanSpec] = set()
        self._asked: dict[str, optuna.Trial] = {}
        self._optuna = _open(study, f"{arm.name} {fold}".strip(), storage)

    @property
    def trials(self) -> int:
        """Trials that were asked for, running or ended."""
        states = [trial.state for trial in self._optuna.get_trials(deepcopy=False)]
        return sum(state not in (TrialState.WAITING, TrialState.FAIL) for state in states)

    @property
    def images_seen(self) -> int:
        """Crops that a trial has seen at its end, if it is not stopped."""
        training = self.arm.training(self._study.setup(self.arm.segmenter))
        return training.steps * training.batch_size

    @property
    def spent_device_seconds(self) -> float:
        """Device-seconds of the arm's ended trials, and of the GANs it chooses among."""
        return sum(self._device_seconds.values())

    @property
    def remaining(self) -> int:
        """Trials that its budget still allows, device-seconds aside."""
        return self._study.search_trials - self.trials

    @property
    def is_over(self) -> bool:
        """Whether its trials or, after the first, its device-seconds are used up."""
        spent = self.spent_device_seconds >= self._study.search_device_seconds
        return self.remaining <= 0 or (spent and self.trials > 0)

    def ask(self) -> TrialSpec:
        """The next trial: a configuration that was interrupted, else what Optuna proposes.

        The first trials are the field's defaults, with the first GAN of each architecture. All
        GAN fits have ended by then: the choice among those that did not fail stays the same, as
        Optuna requires.
        """
        choices = self._choices | {"gans": self._gans}
        if not self._optuna.trials:
            for start in arm_space.starts(**choices)[: self._study.search_trials]:
                self._optuna.enqueue_trial(start)
        trial = self._optuna.ask()
        varied = arm_space.space(trial, diameters_px=self._diameters_px, **choices)
        spec = search_spec(self._study, self.arm, self._splits, varied)
        trial.set_user_attr(TRIAL_ID, spec.id)
        self._asked[spec.id] = trial
        return spec

    def note_progress(self, trial_id: str, *, images_seen: int, validation_f1: float) -> None:
        """Passes an evaluation on to Optuna."""
        self._asked[trial_id].report(validation_f1, step=images_seen)

    def note_fit(self, result: TrialResult) -> None:
        """Charges the fit of a GAN that the arm may choose, and excludes the GAN if it failed."""
        self._charge(result)
        if result.status == "failed":
            self._failed_gans.add(result.gan_fit.gan)

    def tell(self, result: TrialResult) -> None:
        """Ends a trial that was asked for."""
        self._charge(result)
        self._tell(self._asked.pop(result.trial_id), result)

    def restore(self, results: dict[str, TrialResult]) -> None:
        """Takes in what the store knows about trials from before this process began.

        Trials that ended are reported to Optuna; the configurations of the others are queued again.
        """
        for trial in self._optuna.trials:
            result = results.get(trial.user_attrs.get(TRIAL_ID, ""))
            if result:
                self._charge(result)
            if trial.state != TrialState.RUNNING:
                continue
            if result:
                self._tell(trial.number, result)
            else:
                self._optuna.tell(trial.number, state=TrialState.FAIL)
                self._optuna.enqueue_trial(trial.params)

    @property
    def _gans(self) -> tuple[GanSpec, ...]:
        """The study's GANs whose fit did not fail."""
        return tuple(gan for gan in self._study.gans if as_fitted(gan) not in self._failed_gans)

    def _charge(self, result: TrialResult) -> None:
        if result.cost:
            self._device_seconds[result.trial_id] = result.cost.device_seconds

    def _tell(self, trial: optuna.Trial | int, result: TrialResult) -> None:
        """Reports the trial's score, that it was pruned, or a bad score where it failed."""
        if result.status == "pruned":
            self._optuna.tell(trial, state=TrialState.PRUNED)
        elif result.status == "failed":
            self._optuna.tell(trial, FAILED_SCORE)
        else:
            self._optuna.tell(trial, result.validation_f1)


def open_journal(folder: Path) -> optuna.storages.BaseStorage:
    """Where Optuna keeps what it knows: one file in the study's own folder."""
    file = JournalFileBackend(str(folder / "optuna.journal"))
    return optuna.storages.JournalStorage(file)


def _open(study: Study, name: str, storage: optuna.storages.BaseStorage) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    opened = optuna.create_study(
        study_name=name, storage=storage, direction="maximize", load_if_exists=True
    )
    # Resumed with its first seed, a sampler would propose its first trials again.
    randomness = Randomness(("search", study.seed, name, len(opened.trials)))
    opened.sampler = optuna.samplers.TPESampler(
        seed=randomness.integer(), n_startup_trials=max(2, study.search_trials // 4)
    )
    return opened
