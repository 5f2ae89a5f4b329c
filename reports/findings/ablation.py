"""One factor at a time: what each choice of an arm's winning configuration was worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports import words
from reports.facts import Arm
from reports.findings.configurations import settings_of
from reports.load import Study, place, scored_on_test, trials
from reports.statistics.intervals import LEVEL, Interval, holm, interval, report_rng
from reports.statistics.scores import difference
from reports.verdict.aggregate import scores_of
from trainables.results.result import TrialResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """The winning configuration of an arm with one setting changed."""

    arm: str
    setting: str
    winner: str
    """The setting's value in the winning configuration; several where folds chose differently."""
    level: str
    """What it was changed to."""
    annotation_count: int
    effect: Interval
    """Test F1 with the change minus without it, on the same draws and images."""
    p_holm: float
    """P-value, adjusted for all changes of the same arm."""
    trainings: int

    @property
    def stands(self) -> bool:
        """Whether the effect is more than chance, among all changes of the arm."""
        return self.effect.covers_draws and self.p_holm < LEVEL


def ablation_effects(study: Study) -> list[Effect]:
    """All effects, arm by arm in the order of the design, settings by name.

    A training of the stage `ablate` is compared with its partner, the confirmed one of the same
    arm, split, annotation count, draw and seed; one whose partner has no test score is left out.
    """
    return [effect for arm in study.arms for effect in _of_arm(study, arm)]


def _of_arm(study: Study, arm: Arm) -> list[Effect]:
    partners = {place(one): one for one in scored_on_test(study, arm.name)}
    changed: dict[_Change, list[TrialResult]] = {}
    for result in trials(study, stage="ablate", arm=arm.name, status="completed"):
        partner = partners.get(place(result))
        change = _change(study, partner, result) if partner else None
        if change is not None and result.test:
            changed.setdefault(change, []).append(result)
    effects = [
        effect
        for change, results in changed.items()
        if (effect := _effect(arm, change, results, partners)) is not None
    ]
    adjusted = holm([one.effect.p_value for one in effects])
    settled = [replace(one, p_holm=p) for one, p in zip(effects, adjusted, strict=True)]
    return sorted(settled, key=lambda one: (one.setting, str(one.level)))


@dataclass(frozen=True, slots=True)
class _Change:
    """What was changed, to what, at which annotation count."""

    setting: str
    level: str
    count: int


def _change(study: Study, partner: TrialResult, result: TrialResult) -> _Change | None:
    """The factor that differs; what changes along with it (a GAN's parts) is not named."""
    winner, changed = settings_of(partner), settings_of(result)
    differing = [
        name
        for name in sorted(winner.keys() | changed.keys())
        if winner.get(name) != changed.get(name)
    ]
    if not differing:
        return None
    factors = study.design.ablate
    factor = next((one for one in factors if _is_about(one.field, differing)), None)
    setting = factor.field if factor else " and ".join(differing)
    own = [name for name in differing if not factor or _belongs(name, factor.field)]
    if factor and factor.is_relative:
        level = f"× {changed[setting] / winner[setting]:.3g}"
    else:
        level = ", ".join(_named(name, changed.get(name), setting) for name in own)
    return _Change(setting, level, result.spec.data.annotation_count)


def _is_about(field: str, differing: Sequence[str]) -> bool:
    return any(_belongs(name, field) for name in differing)


def _belongs(name: str, field: str) -> bool:
    return name == field or name.startswith(f"{field}.")


def _named(name: str, value: Any, setting: str) -> str:
    """The value, with the name of the part where a setting has several."""
    part = name.removeprefix(setting).removeprefix(".")
    return f"{part} {words.setting(value)}".strip() if part != name else words.setting(value)


def _effect(
    arm: Arm, change: _Change, results: Sequence[TrialResult], partners: Mapping[Any, TrialResult]
) -> Effect | None:
    matched = [partners[place(result)] for result in results]
    base, scores = scores_of(matched), scores_of(results)
    paired = difference(scores, base) if scores and base else None
    if paired is None:
        return None
    rng = report_rng("ablation", arm.name, change.setting, change.level)
    chosen = dict.fromkeys(words.setting(settings_of(one).get(change.setting)) for one in matched)
    return Effect(
        arm=arm.name,
        setting=change.setting,
        winner=", ".join(chosen),
        level=change.level,
        annotation_count=change.count,
        effect=interval(paired, rng=rng),
        p_holm=1.0,
        trainings=len(results),
    )
