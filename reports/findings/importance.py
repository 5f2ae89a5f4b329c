"""Which settings mattered within each arm's search: functional ANOVA on its completed trials."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.facts import Arm
from reports.findings.configurations import settings_of
from reports.load import Study, searched
from trainables.results.result import TrialResult

FEWEST_TRIALS = 20
"""Fewest completed trials for an importance: with fewer, a forest would fit their noise."""
TREES = 64
Settings = Mapping[str, Any]
"""Settings of one trial, by flat field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Importance:
    """The share of the variance of validation F1 that one setting explains, all else averaged."""

    arm: str
    setting: str
    share: float
    """Share of what the forest explains, in [0, 1]."""
    predicted: float
    """Out-of-bag R² of the forest: how far the shares can be trusted."""
    trials: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An arm for which nothing can be said, and why."""

    arm: str
    reason: str


def importance(study: Study) -> tuple[list[Importance], list[Refusal]]:
    """The importance of each arm's settings, and the arms for which there is none.

    Only fully trained trials count. Settings that some trials lack are left out, as the method
    requires. A forest always finds some order in noise, so an arm is refused when its forest cannot
    predict the trials it did not see. PED-ANOVA, Optuna's default, answers
    another question (what separates the best trials) and is not used.

    Source: Hutter, Hoos and Leyton-Brown, ICML 2014.
    """
    found: list[Importance] = []
    refused: list[Refusal] = []
    for arm in study.arms:
        answer = _importance(arm, searched(study, arm.name))
        if isinstance(answer, Refusal):
            refused.append(answer)
        else:
            found += answer
    return found, refused


def _importance(arm: Arm, done: Sequence[TrialResult]) -> list[Importance] | Refusal:
    if len(done) < FEWEST_TRIALS:
        return Refusal(
            arm=arm.name, reason=f"{len(done)} completed trials, {FEWEST_TRIALS} are needed"
        )
    settings = [settings_of(result) for result in done]
    names = _varied(settings)
    if len(names) < 2:
        return Refusal(arm=arm.name, reason="fewer than two settings were varied in every trial")
    values = np.array([result.validation_f1 for result in done])
    predicted = _predicted(_encoded(settings, names), values) if np.ptp(values) else 0.0
    if predicted <= 0:
        return Refusal(
            arm=arm.name,
            reason=f"over {len(done)} trials the settings do not predict the score of unseen ones",
        )
    shares = _shares(settings, names, values=values)
    found = [
        Importance(
            arm=arm.name,
            setting=name,
            share=float(share),
            predicted=predicted,
            trials=len(done),
        )
        for name, share in shares.items()
    ]
    return sorted(found, key=lambda one: -one.share)


def _varied(settings: Sequence[Settings]) -> list[str]:
    """Settings that every trial has and that differ between trials."""
    common = set.intersection(*(set(one) for one in settings))
    return [
        name
        for name in sorted(common)
        if all(one[name] is not None for one in settings)
        and len({one[name] for one in settings}) > 1
    ]


def _encoded(settings: Sequence[Settings], names: Sequence[str]) -> np.ndarray:
    """Ranks of the settings' values, float64 [trials, settings]: a forest needs no more."""
    columns = []
    for name in names:
        values = [one[name] for one in settings]
        order = sorted(set(values), key=lambda v: (isinstance(v, str), v))
        columns.append([order.index(value) for value in values])
    return np.array(columns, dtype=np.float64).T


def _predicted(settings: np.ndarray, values: np.ndarray) -> float:
    """Out-of-bag R² of a forest: on the trials that each of its trees was not fitted to."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=4 * TREES, oob_score=True, random_state=0)
    return float(forest.fit(settings, values).oob_score_)


def _shares(
    settings: Sequence[Settings], names: Sequence[str], *, values: np.ndarray
) -> dict[str, float]:
    import optuna

    distributions = {name: _distribution([one[name] for one in settings]) for name in names}
    with _quiet_optuna():
        study = optuna.create_study(direction="maximize")
        study.add_trials(
            [
                optuna.trial.create_trial(
                    params={name: one[name] for name in names},
                    distributions=distributions,
                    value=float(value),
                )
                for one, value in zip(settings, values, strict=True)
            ]
        )
        evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=TREES, seed=0)
        return dict(evaluator.evaluate(study))


def _distribution(values: Sequence[Any]) -> Any:
    """The range that was tried; logarithmic where it spans more than a decade."""
    import optuna

    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    if not numbers or len(set(values)) <= 2:
        return optuna.distributions.CategoricalDistribution(sorted(set(values), key=str))
    low, high = min(values), max(values)
    log = low > 0 and high > 10 * low
    if all(isinstance(value, int) for value in values):
        return optuna.distributions.IntDistribution(low, high, log=log)
    return optuna.distributions.FloatDistribution(float(low), float(high), log=log)


@contextmanager
def _quiet_optuna() -> Iterator[None]:
    """Silences Optuna, which logs every study it creates, even one that only serves as a table."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
