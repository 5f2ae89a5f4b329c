"""Tables of what single choices do: ablations, two-way effects, where an arm helps, settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports import words
from reports.columns import (
    Column,
    Columns,
    Record,
    column,
    csv_column,
    page_column,
    row_head,
    span_column,
)
from reports.facts import Arm
from reports.findings.ablation import Effect
from reports.findings.gan_quality import Correlation
from reports.findings.heterogeneity import Contrast, GroupLead
from reports.findings.importance import Importance
from reports.findings.two_way import Cell, Interaction
from reports.statistics.intervals import Interval


@dataclass(frozen=True, slots=True)
class ArmLeads:
    """An arm's leads over the baseline in every group of test images."""

    arm: str
    leads: Sequence[GroupLead]

    @property
    def ahead(self) -> int:
        """Groups in which it leads."""
        return sum(one.lead > 0 for one in self.leads)

    @property
    def worst(self) -> GroupLead:
        return min(self.leads, key=lambda one: one.lead)

    @property
    def best(self) -> GroupLead:
        return max(self.leads, key=lambda one: one.lead)


def by_arm(leads: Sequence[GroupLead]) -> list[ArmLeads]:
    """The leads of each arm together."""
    arms = dict.fromkeys(one.arm for one in leads)
    return [ArmLeads(arm, [one for one in leads if one.arm == arm]) for arm in arms]


def _estimate(
    heading: str, name: str, read: Callable[[Record], Interval], *, key: bool = False
) -> Column[Record]:
    return column(heading, name, lambda one: read(one).estimate, words.change, key=key)


def _span(
    name: str, read: Callable[[Record], Interval], *, heading: str = "95 % interval"
) -> Column[Record]:
    """Ends of the interval whose estimate goes to CSV by that name; without a heading, CSV only."""
    names = f"{name}_from", f"{name}_to"
    return span_column(names, lambda one: _ends(read(one)), words.change_span, heading=heading)


def _ends(found: Interval) -> tuple[float, float]:
    return found.low, found.high


def _segmenter(name: str) -> str:
    return words.segmenter_title(name)


def _extra(name: str) -> str:
    return words.EXTRA_DATA.get(name, name)


def _place(segmenter: str, weights: str) -> str:
    arm = Arm(name="", segmenter=segmenter, extra_data="none", initial_weights=weights)
    return words.arm_label(arm)


ABLATION: Columns[Effect] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("setting", "setting", lambda one: one.setting, numeric=False),
    column("chosen", "winner", lambda one: one.winner),
    column("changed to", "level", lambda one: one.level),
    column("images", "annotation_count", lambda one: one.annotation_count),
    _estimate("effect on F1", "effect", lambda one: one.effect, key=True),
    _span("effect", lambda one: one.effect),
    column("p (Holm)", "p_holm", lambda one: one.p_holm, words.p_value),
    csv_column("trainings", lambda one: one.trainings),
    csv_column("stands", lambda one: one.stands),
]
"""One changed setting per row."""
TWO_WAY: Columns[Cell] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("segmenter", "segmenter", lambda one: one.segmenter, _segmenter, numeric=False),
    column("weights", "initial_weights", lambda one: one.initial_weights, numeric=False),
    column("extra data", "extra_data", lambda one: one.extra_data, _extra, numeric=False),
    csv_column("without", lambda one: one.without),
    column("F1 without", "f1_without", lambda one: one.f1_without, words.score),
    column("F1 with", "f1", lambda one: one.f1, words.score),
    _estimate("effect", "effect", lambda one: one.effect, key=True),
    _span("effect", lambda one: one.effect),
]
"""What extra data adds, by segmenter and initial weights."""
INTERACTIONS: Columns[Interaction] = [
    column("effect of", "extra_data", lambda one: one.extra_data, _extra, numeric=False),
    page_column("on", lambda one: _place(*one.one), numeric=False),
    page_column("minus on", lambda one: _place(*one.other), numeric=False),
    csv_column("one_segmenter", lambda one: one.one[0]),
    csv_column("one_weights", lambda one: one.one[1]),
    csv_column("other_segmenter", lambda one: one.other[0]),
    csv_column("other_weights", lambda one: one.other[1]),
    _estimate("difference", "change", lambda one: one.change, key=True),
    _span("change", lambda one: one.change),
    column("p", "p", lambda one: one.change.p_value, words.p_value),
]
"""How effects of extra data differ."""
HETEROGENEITY: Columns[Contrast] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("by", "factor", lambda one: one.factor, numeric=False),
    column("here", "low_name", lambda one: one.low_name, numeric=False),
    _estimate("lead", "low_lead", lambda one: one.low),
    _span("low_lead", lambda one: one.low, heading=""),
    column("there", "high_name", lambda one: one.high_name, numeric=False),
    _estimate("lead", "high_lead", lambda one: one.high),
    _span("high_lead", lambda one: one.high, heading=""),
    _estimate("difference", "change", lambda one: one.change),
    _span("change", lambda one: one.change),
    csv_column("p", lambda one: one.change.p_value),
    csv_column("low_images", lambda one: one.images[0]),
    csv_column("high_images", lambda one: one.images[1]),
]
"""Leads over the baseline on two kinds of images or cells."""
GROUP_LEADS: Columns[ArmLeads] = [
    row_head("arm", "arm", lambda one: one.arm),
    csv_column("groups", lambda one: len(one.leads)),
    csv_column("ahead", lambda one: one.ahead),
    page_column("ahead in", lambda one: f"{one.ahead} of {len(one.leads)} groups"),
    column("worst group", "worst_group", lambda one: one.worst.group, numeric=False),
    column("lead", "worst_lead", lambda one: one.worst.lead, words.change),
    column("best group", "best_group", lambda one: one.best.group, numeric=False),
    column("lead", "best_lead", lambda one: one.best.lead, words.change),
]
"""In how many groups of test images an arm leads."""
GROUP_LEADS_ALL: Columns[GroupLead] = [
    csv_column("arm", lambda one: one.arm),
    csv_column("group", lambda one: one.group),
    csv_column("images", lambda one: one.images),
    csv_column("lead", lambda one: one.lead),
]
GAN_QUALITY: Columns[Correlation] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("measure of the pool", "measure", lambda one: one.measure, numeric=False),
    column("GAN fits", "pairs", lambda one: one.pairs),
    column(
        "rank correlation with the gain",
        "rank_correlation",
        lambda one: one.estimate,
        words.change,
    ),
    span_column(("low", "high"), lambda one: (one.low, one.high), words.change_span),
]
"""Whether measures of the pools predict the gain."""
IMPORTANCE: Columns[Importance] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("setting", "setting", lambda one: one.setting, numeric=False),
    column("share of variance", "share", lambda one: one.share, words.percent, key=True),
    column("R² on unseen trials", "predicted", lambda one: one.predicted, words.number),
    column("completed trials", "trials", lambda one: one.trials),
]
"""Which settings mattered in the search."""
