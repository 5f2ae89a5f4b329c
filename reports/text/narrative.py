"""The verdict in words: every sentence is made from the numbers, for every possible outcome."""

from collections.abc import Callable
from dataclasses import dataclass

from reports import words
from reports.findings.findings import Findings
from reports.load import Study
from reports.text.answer_strip import Fact, key_facts
from reports.text.caveats import caveats
from reports.text.take_home import take_home
from reports.verdict.aggregate import ArmSummary
from reports.verdict.compare import BASELINE, Comparison, is_gan, is_transfer
from reports.verdict.verdict import Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Narrative:
    """What stands at the top of the report."""

    headline: str
    paragraph: str
    facts: tuple[Fact, ...]
    take_home: tuple[str, ...]
    """What to do with it, in one or two sentences each."""
    caveats: tuple[str, ...]


def narrate(study: Study, decision: Decision, findings: Findings) -> Narrative:
    """Puts a decision and the other findings into words."""
    sentences = [
        _result(decision),
        _evidence(decision),
        _question(decision),
        _gan_effect(decision),
    ]
    return Narrative(
        headline=_headline(decision),
        paragraph=" ".join(sentence for sentence in sentences if sentence),
        facts=tuple(key_facts(decision)),
        take_home=tuple(take_home(study, decision, findings)),
        caveats=tuple(caveats(study, decision)),
    )


def _headline(decision: Decision) -> str:
    best, winner = decision.best, decision.winner
    if best is None or winner is None:
        return "No verdict yet"
    label = words.arm_title(best.arm)
    if decision.kind == "single_arm":
        return f"Only one arm has results: {words.arm_label(best.arm)}"
    if decision.kind == "single_draw":
        return f"{label} is ahead, but one draw settles nothing"
    if decision.kind == "winner":
        return f"{label} is best {'for these cells' if decision.finished else 'so far'}"
    if winner.arm == best.arm.name:
        return f"{label} is ahead, but not proven best"
    chosen = words.arm_label(decision.summary(winner.arm).arm)
    return f"No arm is proven best; {chosen} scores alike and costs less"


def _result(decision: Decision) -> str:
    best = decision.best
    if best is None or best.f1 is None or best.scores is None:
        return (
            "No arm has been trained afresh and scored on the test images yet, so nothing can be "
            "said about which is best. What has been searched so far is shown below."
        )
    known = best.f1.error is not None
    interval = f" (95 % interval {words.span(best.f1.low, best.f1.high)})" if known else ""
    among = "" if all(s.reliable for s in decision.scored) else " of the arms that lost no training"
    return (
        f"With {words.count(decision.annotation_count, 'annotated image')}, "
        f"{words.arm_label(best.arm)} reached the highest mean test F1@0.5{among}, "
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
        largest = max(one.found.p_value for one in rivals)
        return (
            f"It beat {_every(len(rivals))}; the smallest lead is {_measured(nearest)}, over "
            f"{_label(decision, nearest.other)} (p-values up to {words.p_value(largest)})."
        )
    return _tie(decision, rivals)


def _every(others: int) -> str:
    return "the other arm" if others == 1 else f"each of the other {others} arms"


def _tie(decision: Decision, rivals: list[Comparison]) -> str:
    open_ones = [one for one in rivals if one.reading not in ("different", "equal")]
    equal = [one for one in rivals if one.reading == "equal"]
    if open_ones and all(one.found.error is None for one in open_ones):
        return "All test images belong to one group, so its lead cannot be told from chance."
    return " ".join(part for part in (_same(decision, equal), _open(decision, open_ones)) if part)


def _same(decision: Decision, equal: list[Comparison]) -> str:
    if not equal:
        return ""
    names = _labels(decision, equal)
    return f"It does not differ from {names} by more than {equal[0].margin_f1:g}, beyond chance."


def _open(decision: Decision, rivals: list[Comparison]) -> str:
    if not rivals:
        return ""
    nearest = min(rivals, key=lambda one: one.found.estimate)
    hints = [one for one in rivals if one.reading == "hint"]
    unknown = [one for one in rivals if one.reading != "hint"]
    parts = []
    if unknown:
        parts.append(f"it could not be told from {_labels(decision, unknown)}")
    if hints:
        parts.append(
            f"that over {_labels(decision, hints)} is a hint that does not stand among so many "
            f"comparisons"
        )
    return (
        f"Its lead may be chance: {', and '.join(parts)}. The smallest difference is "
        f"{_measured(nearest)}, over {_label(decision, nearest.other)}; {_power(nearest)}."
    )


def _labels(decision: Decision, rivals: list[Comparison]) -> str:
    return words.listed([_label(decision, one.other) for one in rivals])


def _power(comparison: Comparison) -> str:
    if comparison.detectable >= 1:
        return "this study is too small to find any difference"
    seen = (
        f"this study would find a true difference of {words.score(comparison.detectable)} or more "
        f"four times in five"
    )
    draws = comparison.draws_needed()
    if draws and comparison.reading != "hint":
        return f"{seen}; {draws} draws would do for one as large as measured"
    return seen


def _question(decision: Decision) -> str:
    gan, transfer = _first(decision, is_gan), _first(decision, is_transfer)
    if gan is None or transfer is None or decision.kind == "single_draw":
        return ""
    found = decision.between(transfer.arm.name, gan.arm.name)
    if found is None:
        return ""
    return (
        f"GAN data or fine-tuning? {words.arm_title(transfer.arm)} minus "
        f"{words.arm_label(gan.arm)} is {_measured(found)}, {_reading(found)}."
    )


def _gan_effect(decision: Decision) -> str:
    gan = _first(decision, is_gan)
    found = decision.between(gan.arm.name, BASELINE) if gan else None
    if gan is None or found is None or decision.kind == "single_draw":
        return ""
    sentence = f"GAN data moved the F1 of the plain U-Net by {_measured(found)}, {_reading(found)}"
    control = next((s for s in decision.scored if s.arm.extra_data == "copy_paste"), None)
    against = decision.between(gan.arm.name, control.arm.name) if control else None
    if against is None:
        return f"{sentence}."
    return (
        f"{sentence}; it differs from copy-paste, the cheap control, by "
        f"{_measured(against)}, {_reading(against)}."
    )


def _measured(comparison: Comparison) -> str:
    found = comparison.found
    if found.error is None:
        return words.change(found.estimate)
    return f"{words.change(found.estimate)} ({words.change_span(found.low, found.high)})"


def _reading(comparison: Comparison) -> str:
    return {
        "different": "which is more than chance",
        "equal": f"no difference above {comparison.margin_f1:g}",
        "hint": "a hint that does not stand among so many comparisons",
    }.get(comparison.reading, "which may be chance")


def _label(decision: Decision, name: str) -> str:
    return words.arm_label(decision.summary(name).arm)


def _first(decision: Decision, condition: Callable[[ArmSummary], bool]) -> ArmSummary | None:
    """The best of the arms that meet a condition."""
    return next((summary for summary in decision.scored if condition(summary)), None)
