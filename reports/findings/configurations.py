"""What was searched, and what each arm's best configuration turned out to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports import words
from reports.load import Arm, Study, searched, trials
from trainables.results.result import TrialResult

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

    The choice is read from the confirm trainings, and from the best search trial before there
    are any.
    """
    tried = [result.spec for result in trials(study, stage="search", arm=arm.name)]
    best = chosen_trial(study, arm)
    if best is None:
        return []
    names = sorted({name for spec in tried for name in spec if is_setting(name)})
    settings = [_setting(name, best.spec, tried) for name in names]
    return [setting for setting in settings if len(setting.tried) > 1]


def is_setting(name: str) -> bool:
    """Whether a flat field of a spec is a choice, and not the place that a trial has in a study."""
    return not name.startswith(NOT_SETTINGS)


def _setting(name: str, best: Mapping[str, Any], searched: Sequence[Mapping[str, Any]]) -> Setting:
    tried = {spec[name] for spec in searched if spec.get(name) is not None}
    return Setting(
        name=name, best=best.get(name), tried=tuple(sorted(tried, key=lambda v: (str(type(v)), v)))
    )
