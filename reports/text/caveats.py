"""What weakens the verdict, stated right below it."""

from reports import words
from reports.load import Study
from reports.verdict.aggregate import ArmSummary
from reports.verdict.verdict import Decision

FEW_GROUPS = 5


def caveats(study: Study, decision: Decision) -> list[str]:
    """One sentence for each reason to trust the verdict less; empty where there is none."""
    return [
        *_unfinished(decision),
        *_failed(decision),
        *_thin(decision),
        *_folds(study),
        *_seen(study, decision),
        *_left_out(study),
    ]


def _unfinished(decision: Decision) -> list[str]:
    if decision.finished:
        return []
    planned = sum(summary.planned for summary in decision.arms)
    done = sum(summary.completed + summary.failed for summary in decision.arms)
    return [
        f"The study is not finished: {done} of {planned} confirm trainings at this annotation "
        f"count have been run. The same command goes on with it."
    ]


def _failed(decision: Decision) -> list[str]:
    return [
        f"{words.arm_title(summary.arm)} failed in {summary.failed} of {summary.planned} confirm "
        f"trainings{_unsearched(summary)}; {_left(summary)}."
        for summary in decision.arms
        if not summary.reliable
    ]


def _unsearched(summary: ArmSummary) -> str:
    if not summary.without_configuration:
        return ""
    return f", {summary.without_configuration} of them since no trial of its search completed"


def _left(summary: ArmSummary) -> str:
    if summary.completed:
        return "it is scored on the others only and is not recommended"
    return "it has no score and is not compared"


def _thin(decision: Decision) -> list[str]:
    scores = decision.best.scores if decision.best else None
    if scores is None:
        return []
    notes = []
    if scores.group_count < 2:
        notes.append(
            "All test images belong to one group, so no interval can be given: annotate images of "
            "a second well, slide or video."
        )
    elif scores.group_count < FEW_GROUPS:
        notes.append(
            f"The test images come from only {scores.group_count} groups, so every interval is "
            f"wide and rests on few independent images."
        )
    if len(scores.draws) == 1:
        notes.append(
            "With one draw the intervals cover the choice of test images only, not the choice of "
            "annotated ones."
        )
    elif len(scores.draws) == 2:
        notes.append("Two draws say little about the luck of the draw, so intervals are very wide.")
    return notes


def _folds(study: Study) -> list[str]:
    folds = study.design.folds
    if folds < 2:
        return []
    return [
        f"The annotated images are too few for a test side: each was tested once, by models of one "
        f"of {folds} grouped folds that never saw its group, in their search neither. Models of "
        f"different folds share most of their annotated images, so what other annotated images "
        f"would have given is measured in part only, and the intervals may be too narrow."
    ]


def _seen(study: Study, decision: Decision) -> list[str]:
    arms = {arm.name: words.arm_label(arm) for arm in study.arms}
    return [
        f"The weights that {arms.get(one.arm, one.arm)} starts from ({one.name}) saw images of "
        f"this data set before: its score may flatter."
        for one in study.facts.weights
        if one.seen == "seen"
    ]


def _left_out(study: Study) -> list[str]:
    files = len(study.unreadable) + len(study.refused)
    if not files:
        return []
    return [
        f"{words.starting(words.count(files, 'result file is', 'result files are'))} left out, "
        f"being damaged or of another study: see Integrity."
    ]
