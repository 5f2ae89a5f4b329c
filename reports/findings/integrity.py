"""Whether the study was fair and whole: one line per check, with what was found."""

from dataclasses import dataclass
from typing import Literal

from reports import words
from reports.load import Study, trials
from reports.verdict.verdict import Decision
from trainables.spec.gan_spec import LOWEST_FLOOR
from trainables.spec.stages import STAGES

State = Literal["good", "note", "bad"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check of the study."""

    name: str
    state: State
    found: str


def integrity(study: Study, decision: Decision) -> list[Check]:
    """All checks, in the order of the study."""
    return [
        _duplicates(study),
        _one_split(study),
        _equal_trials(study, decision),
        _ceiling(study, decision),
        _complete(decision),
        _failures(study),
        *_pools(study),
        _sealed(study),
        _readable(study),
        _problems(study),
    ]


def _duplicates(study: Study) -> Check:
    name = "Near-duplicate images"
    if not study.facts.detects_duplicates:
        return Check(name=name, state="note", found="not looked for, as was asked")
    tied = study.facts.split.tied
    if not tied:
        return Check(name=name, state="good", found="none found")
    found = (
        f"{words.count(tied, 'image is a copy', 'images are copies')}, or overlapping or "
        f"adjoining crops, of others; each set is kept on one side of the split"
    )
    return Check(name=name, state="good", found=found)


def _one_split(study: Study) -> Check:
    own = study.facts.split.hashes
    others = {
        result.spec.data.split
        for result in study.results
        if not STAGES[result.spec.stage].on_source and result.spec.data.split not in own
    }
    if others:
        return Check(
            name="One split for all",
            state="bad",
            found=f"results of other splits: {sorted(others)}",
        )
    if len(own) > 1:
        found = f"every result carries one of the {len(own)} folds {', '.join(own)}"
        return Check(name="The same folds for all", state="good", found=found)
    found = f"every result carries split {own[0]}"
    return Check(name="One split for all", state="good", found=found)


def _equal_trials(study: Study, decision: Decision) -> Check:
    numbers = {
        summary.arm.name: summary.cost.search_completed
        + summary.cost.search_pruned
        + summary.cost.search_failed
        for summary in decision.arms
    }
    if len(set(numbers.values())) <= 1:
        each = next(iter(numbers.values()), 0)
        return Check(name="Equal trials", state="good", found=f"{each} search trials for every arm")
    parts = ", ".join(f"{name} {number}" for name, number in numbers.items())
    return Check(name="Equal trials", state="bad", found=f"not equal: {parts}")


def _ceiling(study: Study, decision: Decision) -> Check:
    ceiling = study.ceiling_device_seconds
    if not ceiling:
        return Check(name="Device-second ceiling", state="note", found="none was set")
    over = [s for s in decision.arms if s.cost.charged_device_seconds > ceiling]
    spent = [s.cost.charged_device_seconds for s in decision.arms]
    found = (
        f"{words.seconds(ceiling)} for each arm, GAN fits charged; arms took "
        f"{words.seconds(min(spent))} to {words.seconds(max(spent))}"
    )
    if over:
        names = words.listed([words.arm_label(summary.arm) for summary in over])
        return Check(name="Device-second ceiling", state="note", found=f"{found}; above: {names}")
    return Check(name="Device-second ceiling", state="good", found=found)


def _complete(decision: Decision) -> Check:
    planned = sum(summary.planned for summary in decision.arms)
    done = sum(summary.completed for summary in decision.arms)
    return Check(
        name="Confirm trainings",
        state="good" if done == planned else "bad",
        found=f"{done} of {planned} completed",
    )


def _failures(study: Study) -> Check:
    statuses = [result.status for result in study.results]
    failed, pruned = statuses.count("failed"), statuses.count("pruned")
    found = f"{failed} of {words.count(len(statuses), 'trial')} failed, {pruned} stopped early"
    return Check(name="Failures", state="note" if failed else "good", found=found)


def _pools(study: Study) -> list[Check]:
    """Whether the filter left pools to train on and was fit to judge; empty without a GAN."""
    done = trials(study, stage="fit_gans", status="completed")
    fits = [fit for fit in done if "kept" in fit.synthesis]
    if not fits:
        return []
    short = [fit for fit in fits if fit.synthesis["kept"] < fit.gan_fit.gan.pool_size]
    empty = sum(not fit.synthesis["kept"] for fit in fits)
    blind = sum(fit.synthesis.get("judge_validation_f1", 1) < LOWEST_FLOOR for fit in fits)
    found = f"{len(fits) - len(short)} of {words.count(len(fits), 'pool')} as large as asked for"
    if short:
        found += f", {empty} empty, so that trainings used real images only"
    if blind:
        found += (
            f"; in {words.count(blind, 'fit')} the segmenter that filters found next to nothing on "
            f"the validation images, so that what it dropped says little about the GAN"
        )
    return [Check(name="GAN pools", state="note" if short or blind else "good", found=found)]


def _sealed(study: Study) -> Check:
    leaked = [
        result.trial_id
        for stage, rules in STAGES.items()
        for result in trials(study, stage=stage)
        if result.test and not rules.sees_test
    ]
    if leaked:
        found = f"search trials hold test scores: {', '.join(leaked)}"
        return Check(name="Sealed test images", state="bad", found=found)
    return Check(
        name="Sealed test images", state="good", found="no search trial holds a test score"
    )


def _readable(study: Study) -> Check:
    wrong = [*study.unreadable, *(f"{one}, so it is left out" for one in study.refused)]
    if wrong:
        return Check(name="Result files", state="bad", found="; ".join(wrong))
    found = f"all {len(study.results)} could be read"
    return Check(name="Result files", state="good", found=found)


def _problems(study: Study) -> Check:
    problems = study.dataset.problems
    if not problems:
        return Check(name="Image files", state="good", found="no problem found")
    found = f"{words.count(len(problems), 'file')} with problems, listed below"
    return Check(name="Image files", state="note", found=found)
