"""What was searched, and what each arm's best configuration turned out to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports import words
from reports.facts import Arm
from reports.load import Study, searched, trials
from trainables.results.result import TrialResult
from trainables.spec.flat import flatten

NOT_SETTINGS = ("stage", "arm", "study_seed", "seed", "data.", "weights.name")


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting that the search varied."""

    name: str
    best: Any
    tried: tuple[Any, ...]
    """Distinct values, in order."""

    @property
    def chosen(self) -> str:
        """The value of the best trial."""
        return words.setting(self.best)

    @property
    def range(self) -> str:
        """What was tried: the ends for numbers, all values for words."""
        if all(isinstance(value, int | float) for value in self.tried) and len(self.tried) > 4:
            return f"{words.setting(self.tried[0])} to {words.setting(self.tried[-1])}"
        return ", ".join(map(words.setting, self.tried))


def best_search_trial(study: Study, arm: Arm) -> TrialResult | None:
    """The completed search trial with the highest validation F1."""
    done = searched(study, arm.name)
    return max(done, key=lambda result: result.validation_f1, default=None)


def chosen_trial(study: Study, arm: Arm) -> TrialResult | None:
    """A training of the arm's frozen configuration; of the best so far where none is frozen."""
    confirmed = trials(study, stage="confirm", arm=arm.name)
    return confirmed[0] if confirmed else best_search_trial(study, arm)


def varied_settings(study: Study, arm: Arm) -> list[Setting]:
    """The settings that differ between the search trials of an arm, with the frozen choice.

    The choice is read from the confirm trainings, or from the best search trial before there
    are any.
    """
    tried = [settings_of(result) for result in trials(study, stage="search", arm=arm.name)]
    best = chosen_trial(study, arm)
    if best is None:
        return []
    names = sorted({name for settings in tried for name in settings})
    settings = [_setting(name, settings_of(best), tried) for name in names]
    return [setting for setting in settings if len(setting.tried) > 1]


def settings_of(result: TrialResult) -> dict[str, Any]:
    """The choices of a trial, by flat field: all but its place in the study."""
    return {
        name: value
        for name, value in flatten(result.spec).items()
        if not name.startswith(NOT_SETTINGS)
    }


def _setting(name: str, best: Mapping[str, Any], searched: Sequence[Mapping[str, Any]]) -> Setting:
    tried = {one[name] for one in searched if one.get(name) is not None}
    return Setting(
        name=name, best=best.get(name), tried=tuple(sorted(tried, key=lambda v: (str(type(v)), v)))
    )
