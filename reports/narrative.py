"""The verdict in words: every sentence is made from the numbers, for every possible outcome."""

from dataclasses import dataclass

from reports import words
from reports.aggregate import ArmSummary
from reports.compare import BASELINE, Comparison, is_gan, is_transfer
from reports.load import Study
from reports.verdict import CLOSE_F1, Decision

FEW_GROUPS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One key number of the answer strip."""

    label: str
    value: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Narrative:
    """What stands at the top of the report."""

    headline: str
    paragraph: str
    facts: tuple[Fact, ...]
    caveats: tuple[str, ...]


def narrate(study: Study, decision: Decision) -> Narrative:
    """Puts a decision into words."""
    sentences = [
        _result(decision),
        _evidence(decision),
        _question(decision),
        _gan_effect(decision),
        _choice(decision),
    ]
    return Narrative(
        headline=_headline(decision),
        paragraph=" ".join(sentence for sentence in sentences if sentence),
        facts=tuple(_facts(decision)),
        caveats=tuple(_caveats(study, decision)),
    )


def _headline(decision: Decision) -> str:
    best, winner = decision.best, decision.winner
    if best is None or winner is None:
        return "No verdict yet"
    label = words.arm_label(best.arm)
    if decision.kind == "single_arm":
        return f"Only one arm has results: {label}"
    if decision.kind == "single_draw":
        return f"{label} is ahead, but one draw settles nothing"
    if decision.kind == "winner":
        return f"{label} is best for these cells"
    if winner.arm == best.arm.name:
        return f"{label} is ahead, but not proven best"
    chosen = words.arm_label(decision.summary(winner.arm).arm)
    return f"No arm is proven best; {chosen} does as well for less"


def _result(decision: Decision) -> str:
    best = decision.best
    if best is None or best.f1 is None or best.scores is None:
        return (
            "No arm has been trained afresh and scored on the test images yet, so nothing can be "
            "said about which is best. What has been searched so far is shown below."
        )
    interval = f" (95 % interval {words.span(best.f1.low, best.f1.high)})"
    return (
        f"With {words.count(decision.annotation_count, 'annotated image')}, "
        f"{words.arm_label(best.arm)} reached the highest mean test F1@0.5, "
        f"{words.score(best.mean_f1)}{interval}, over "
        f"{words.count(len(best.scores.draws), 'draw')} of annotated images and "
        f"{words.count(len(best.scores.sample_ids), 'test image')} "
        f"in {words.count(best.scores.group_count, 'group')}."
    )


def _evidence(decision: Decision) -> str:
    best, winner = decision.best, decision.winner
    if best is None or winner is None or decision.kind == "single_arm":
        return ""
    if decision.kind == "single_draw":
        return (
            "All arms were trained on one and the same choice of annotated images, so luck in "
            "that choice cannot be told from merit: no arm is claimed to be better. Confirm on "
            "at least three draws before relying on the order."
        )
    rivals = [one for one in decision.comparisons if one.one == best.arm.name]
    if decision.kind == "winner" and rivals:
        nearest = min(rivals, key=lambda one: one.found.estimate)
        return (
            f"It beat {_every(len(rivals))}: its smallest lead is {_measured(decision, nearest)} "
            f"over {_label(decision, nearest.other)}, and the largest of the p-values is "
            f"{words.p_value(max(one.found.p_value for one in rivals))}."
        )
    return _tie(decision, rivals)


def _every(others: int) -> str:
    return "the other arm" if others == 1 else f"each of the other {others} arms"


def _tie(decision: Decision, rivals: list[Comparison]) -> str:
    tied = [one for one in rivals if not one.distinguishable]
    if not tied:
        return ""
    nearest = min(tied, key=lambda one: one.found.estimate)
    return (
        f"Its lead may be chance: it cannot be told apart from "
        f"{words.listed([_label(decision, one.other) for one in tied])}. Over "
        f"{_label(decision, nearest.other)} the difference is {_measured(decision, nearest)}, and "
        f"this study would find a true difference of {words.score(nearest.detectable)} or more "
        f"four times in five."
    )


def _question(decision: Decision) -> str:
    gan, transfer = _first(decision, is_gan), _first(decision, is_transfer)
    if gan is None or transfer is None or decision.kind == "single_draw":
        return ""
    found = decision.between(transfer.arm.name, gan.arm.name)
    if found is None:
        return ""
    better = "higher" if found.found.estimate >= 0 else "lower"
    return (
        f"GAN data or fine-tuning? {words.arm_label(transfer.arm)} scored {better} than "
        f"{words.arm_label(gan.arm)} by {_measured(decision, found)}: {_reading(found)}."
    )


def _gan_effect(decision: Decision) -> str:
    gan = _first(decision, is_gan)
    found = decision.between(gan.arm.name, BASELINE) if gan else None
    if gan is None or found is None or decision.kind == "single_draw":
        return ""
    sentence = (
        f"GAN data changed the F1 of the plain U-Net by {_measured(decision, found)}: "
        f"{_reading(found)}"
    )
    control = next((s for s in decision.scored if s.arm.extra_data == "copy_paste"), None)
    against = decision.between(gan.arm.name, control.arm.name) if control else None
    if against is None:
        return f"{sentence}."
    return (
        f"{sentence}; against copy-paste, the cheap control, by "
        f"{_measured(decision, against)}: {_reading(against)}."
    )


def _choice(decision: Decision) -> str:
    winner = decision.winner
    if winner is None:
        return ""
    chosen = decision.summary(winner.arm)
    why = ""
    if decision.best is not None and winner.arm != decision.best.arm.name:
        why = (
            f", the cheapest of the arms that lie within {CLOSE_F1} of the best and cannot be "
            f"told from it"
        )
    return (
        f"Recommended: {words.arm_label(chosen.arm)}{why}. A new training of it costs "
        f"{_model_cost(chosen)}; the model to take home is trial {winner.trial_id}, chosen by its "
        f"validation F1 of {words.score(winner.validation_f1)}."
    )


def _model_cost(chosen: ArmSummary) -> str:
    cost = chosen.cost
    text = f"{words.seconds(cost.model_device_seconds)} of device time"
    if cost.model_gan_device_seconds:
        text += f", {words.seconds(cost.model_gan_device_seconds)} of it for its GAN"
    return text


def _measured(decision: Decision, comparison: Comparison) -> str:
    found = comparison.found
    return f"{words.change(found.estimate)} ({words.change_span(found.low, found.high)})"


def _reading(comparison: Comparison) -> str:
    p = f"{words.p_clause(comparison.p_holm)} after Holm's correction"
    if comparison.distinguishable:
        return f"more than chance explains, {p}"
    return f"no difference that could be told from chance, {p}"


def _label(decision: Decision, name: str) -> str:
    return words.arm_label(decision.summary(name).arm)


def _first(decision: Decision, condition: object) -> ArmSummary | None:
    assert callable(condition)
    return next((summary for summary in decision.scored if condition(summary)), None)


def _facts(decision: Decision) -> list[Fact]:
    best, winner = decision.best, decision.winner
    if best is None or winner is None or best.f1 is None:
        return []
    chosen = decision.summary(winner.arm)
    assert chosen.f1 is not None
    facts = [
        Fact(
            label="Recommended",
            value=words.arm_label(chosen.arm),
            detail="proven best" if winner.proven else "not proven best",
        ),
        Fact(
            label="Test F1@0.5",
            value=words.score(chosen.mean_f1),
            detail=f"95 % interval {words.span(chosen.f1.low, chosen.f1.high)}",
        ),
    ]
    second = decision.scored[1] if len(decision.scored) > 1 else None
    lead = decision.between(best.arm.name, second.arm.name) if second else None
    if second and lead:
        facts.append(
            Fact(
                label="Lead over the second",
                value=words.change(lead.found.estimate),
                detail=f"{words.arm_label(second.arm)} · "
                f"{words.change_span(lead.found.low, lead.found.high)}",
            )
        )
    return [
        *facts,
        Fact(
            label="One training",
            value=words.seconds(chosen.cost.model_device_seconds),
            detail="device time, its GAN included"
            if chosen.cost.model_gan_device_seconds
            else "device time",
        ),
        Fact(
            label="Model to take home",
            value=winner.trial_id,
            detail=f"validation F1 {words.score(winner.validation_f1)}",
        ),
    ]


def _caveats(study: Study, decision: Decision) -> list[str]:
    return [
        *_unfinished(decision),
        *_failed(decision),
        *_thin(decision),
        *_seen(study, decision),
    ]


def _unfinished(decision: Decision) -> list[str]:
    planned = sum(summary.planned for summary in decision.arms)
    done = sum(summary.completed + summary.failed for summary in decision.arms)
    if done >= planned:
        return []
    return [
        f"The study is not finished: {done} of {planned} confirm trainings at this annotation "
        f"count have been run. The same command goes on with it."
    ]


def _failed(decision: Decision) -> list[str]:
    return [
        f"{words.arm_label(summary.arm)} failed in {summary.failed} of {summary.planned} confirm "
        f"trainings; it is scored on the others only and is not recommended."
        for summary in decision.arms
        if not summary.reliable
    ]


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


def _seen(study: Study, decision: Decision) -> list[str]:
    arms = {arm.name: words.arm_label(arm) for arm in study.arms}
    return [
        f"The weights that {arms.get(entry['arm'], entry['arm'])} starts from "
        f"({entry['name']}) saw images of this data set before: its score may flatter."
        for entry in study.facts.get("weights", ())
        if entry.get("seen") == "seen"
    ]
