"""What to do with the verdict: which model, what GAN data and weights are worth, what next."""

from collections.abc import Callable

from reports import words
from reports.findings.equivalence import Equivalence
from reports.findings.findings import Findings
from reports.findings.what_next import MORE_IMAGES, WhatNext
from reports.load import Study
from reports.tables.value_tables import worth_of
from reports.verdict.aggregate import ArmSummary
from reports.verdict.compare import is_gan, is_transfer
from reports.verdict.verdict import CLOSE_F1, Decision


def take_home(study: Study, decision: Decision, findings: Findings) -> list[str]:
    """One or two sentences for each thing to take home; empty before anything was confirmed."""
    told = [
        _model(decision),
        *_worths(decision, findings),
        _next(study, decision, findings.next),
    ]
    return [sentence for sentence in told if sentence]


def _model(decision: Decision) -> str:
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
        f"Use {words.arm_label(chosen.arm)}{why}. The model to take home is trial "
        f"{winner.trial_id}, chosen by its validation F1 of {words.score(winner.validation_f1)}; "
        f"a new training of it costs {_model_cost(chosen)}."
    )


def _model_cost(chosen: ArmSummary) -> str:
    cost = chosen.cost
    text = f"{words.seconds(cost.model_device_seconds)} of device time"
    if cost.model_gan_device_seconds:
        text += f", {words.seconds(cost.model_gan_device_seconds)} of it for its GAN"
    return text


def _worths(decision: Decision, findings: Findings) -> list[str]:
    """GAN data alone, pretrained weights alone, and both: the best arm of each kind."""
    kinds: tuple[Callable[[ArmSummary], bool], ...] = (is_gan, is_transfer, _is_both)
    chosen = [next((s for s in decision.scored if kind(s)), None) for kind in kinds]
    told = []
    for summary in chosen:
        own = [one for one in findings.equivalence if summary and one.arm == summary.arm.name]
        if summary and own:
            told.append(_worth(summary, _telling(own)))
    return told


def _is_both(summary: ArmSummary) -> bool:
    return summary.arm.initial_weights == "pretrained" and summary.arm.extra_data == "gan"


def _telling(own: list[Equivalence]) -> Equivalence:
    """The count whose answer lies within the measured range; the smallest of several."""
    inside = [one for one in own if abs(one.baseline.count) != float("inf")]
    return min(inside or own, key=lambda one: one.annotation_count)


def _worth(summary: ArmSummary, one: Equivalence) -> str:
    span = words.signed_span(one.worth_low, one.worth_high)
    interval = f" (95 % interval {span})" if one.known else ""
    return (
        f"{words.starting(words.arm_label(summary.arm))} with "
        f"{words.count(one.annotation_count, 'annotated image')} scores as the plain U-Net does "
        f"with {words.images(one.baseline.count, one.baseline.smallest, one.baseline.largest)}: "
        f"worth {worth_of(one)} annotated images{interval}."
    )


def _next(study: Study, decision: Decision, found: WhatNext | None) -> str:
    if found is None or not decision.finished:
        return ""
    label = words.arm_label(study.arm(found.arm))
    if found.annotate is None:
        return (
            "Whether more annotations would help cannot be said from a single annotation count: "
            "confirm at two or more."
        )
    gain = found.annotate
    sentence = (
        f"Next: {MORE_IMAGES} more annotated images should move the F1 of {label} by about "
        f"{words.change(gain.estimate)} ({words.change_span(gain.low, gain.high)}), if its curve "
        f"goes on"
    )
    if found.search is None:
        return f"{sentence}; the search was too small to say what a larger one would give."
    other = found.search
    return (
        f"{sentence}; twice the search at most about {words.change(other.estimate)} "
        f"({words.change_span(other.low, other.high)}, on validation): {_advice(found)}."
    )


def _advice(found: WhatNext) -> str:
    assert found.annotate is not None
    assert found.search is not None
    if found.annotate.low > found.search.high:
        return "annotate"
    if found.annotate.high < found.search.low:
        return "search longer"
    return "which of the two is better cannot be told"
