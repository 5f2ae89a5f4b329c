"""Tables of what single choices do: ablations, two-way effects, where an arm helps, settings."""

from collections.abc import Sequence

from reports import words
from reports.columns import Column, Row, Table, column, interval_column
from reports.facts import Arm
from reports.findings.ablation import Effect
from reports.findings.gan_quality import Correlation
from reports.findings.heterogeneity import Contrast, GroupLead
from reports.findings.importance import Importance
from reports.findings.two_way import Cell, Interaction
from reports.statistics.intervals import Interval


def ablation_table(effects: Sequence[Effect]) -> Table:
    """One changed setting a row."""
    return Table(
        name="ablation",
        rows=[
            {
                "arm": one.arm,
                "setting": one.setting,
                "winner": one.winner,
                "level": one.level,
                "annotation_count": one.annotation_count,
                **_numbers("effect", one.effect),
                "p_holm": one.p_holm,
                "trainings": one.trainings,
                "stands": one.stands,
            }
            for one in effects
        ],
        columns=[
            column("setting", "setting", numeric=False),
            column("chosen", "winner"),
            column("changed to", "level"),
            column("images", "annotation_count"),
            column("effect on F1", "effect", words.change),
            _span("effect"),
            column("p (Holm)", "p_holm", words.p_value),
        ],
    )


def two_way_table(cells: Sequence[Cell]) -> Table:
    """What extra data adds, by segmenter and initial weights."""
    return Table(
        name="two_way",
        rows=[
            {
                "arm": one.arm,
                "segmenter": one.segmenter,
                "initial_weights": one.initial_weights,
                "extra_data": one.extra_data,
                "without": one.without,
                "f1_without": one.f1_without,
                "f1": one.f1,
                **_numbers("effect", one.effect),
            }
            for one in cells
        ],
        columns=[
            column("segmenter", "segmenter", _segmenter, numeric=False),
            column("weights", "initial_weights", numeric=False),
            column("extra data", "extra_data", _extra, numeric=False),
            column("F1 without", "f1_without", words.score),
            column("F1 with", "f1", words.score),
            column("effect", "effect", words.change),
            _span("effect"),
        ],
    )


def interaction_table(found: Sequence[Interaction]) -> Table:
    """How effects of extra data differ."""
    return Table(
        name="interactions",
        rows=[
            {
                "extra_data": one.extra_data,
                "one_segmenter": one.one[0],
                "one_weights": one.one[1],
                "other_segmenter": one.other[0],
                "other_weights": one.other[1],
                **_numbers("change", one.change),
                "p": one.change.p_value,
            }
            for one in found
        ],
        columns=[
            column("effect of", "extra_data", _extra, numeric=False),
            Column(label="on", show=lambda row: _place(row, "one"), numeric=False),
            Column(label="minus on", show=lambda row: _place(row, "other"), numeric=False),
            column("difference", "change", words.change),
            _span("change"),
            column("p", "p", words.p_value),
        ],
    )


def heterogeneity_table(found: Sequence[Contrast]) -> Table:
    """Leads over the baseline on two kinds of images or cells."""
    return Table(
        name="heterogeneity",
        rows=[
            {
                "arm": one.arm,
                "factor": one.factor,
                "low_name": one.low_name,
                **_numbers("low_lead", one.low),
                "high_name": one.high_name,
                **_numbers("high_lead", one.high),
                **_numbers("change", one.change),
                "p": one.change.p_value,
                "low_images": one.images[0],
                "high_images": one.images[1],
            }
            for one in found
        ],
        columns=[
            column("by", "factor", numeric=False),
            column("here", "low_name", numeric=False),
            column("lead", "low_lead", words.change),
            column("there", "high_name", numeric=False),
            column("lead ", "high_lead", words.change),
            column("difference", "change", words.change),
            _span("change"),
        ],
    )


def group_leads_table(leads: Sequence[GroupLead]) -> Table:
    """In how many groups of test images an arm leads; every group is in the CSV."""
    arms = dict.fromkeys(one.arm for one in leads)
    own = {arm: [one for one in leads if one.arm == arm] for arm in arms}
    return Table(
        name="group_leads",
        rows=[
            {
                "arm": arm,
                "groups": len(own[arm]),
                "ahead": sum(one.lead > 0 for one in own[arm]),
                "worst_group": min(own[arm], key=lambda one: one.lead).group,
                "worst_lead": min(one.lead for one in own[arm]),
                "best_group": max(own[arm], key=lambda one: one.lead).group,
                "best_lead": max(one.lead for one in own[arm]),
            }
            for arm in arms
        ],
        columns=[
            Column(label="ahead in", show=lambda row: f"{row['ahead']} of {row['groups']} groups"),
            column("worst group", "worst_group", numeric=False),
            column("lead", "worst_lead", words.change),
            column("best group", "best_group", numeric=False),
            column("lead ", "best_lead", words.change),
        ],
    )


def group_rows(leads: Sequence[GroupLead]) -> list[Row]:
    """Every arm's lead in every group, for CSV alone."""
    return [
        {"arm": one.arm, "group": one.group, "images": one.images, "lead": one.lead}
        for one in leads
    ]


def correlations_table(found: Sequence[Correlation]) -> Table:
    """Whether measures of the pools predict the gain."""
    return Table(
        name="gan_quality",
        rows=[
            {
                "arm": one.arm,
                "measure": one.measure,
                "pairs": one.pairs,
                "rank_correlation": one.estimate,
                "low": one.low,
                "high": one.high,
            }
            for one in found
        ],
        columns=[
            column("measure of the pool", "measure", numeric=False),
            column("GAN fits", "pairs"),
            column("rank correlation with the gain", "rank_correlation", words.change),
            interval_column("low", "high", words.change_span),
        ],
    )


def importance_table(found: Sequence[Importance]) -> Table:
    """Which settings mattered in the search."""
    return Table(
        name="importance",
        rows=[
            {
                "arm": one.arm,
                "setting": one.setting,
                "share": one.share,
                "predicted": one.predicted,
                "trials": one.trials,
            }
            for one in found
        ],
        columns=[
            column("setting", "setting", numeric=False),
            column("share of variance", "share", words.percent),
            column("R² on unseen trials", "predicted", words.number),
            column("completed trials", "trials"),
        ],
    )


def _numbers(name: str, found: Interval) -> Row:
    return {name: found.estimate, f"{name}_from": found.low, f"{name}_to": found.high}


def _span(name: str) -> Column:
    return interval_column(f"{name}_from", f"{name}_to", words.change_span)


def _segmenter(name: str) -> str:
    return words.SEGMENTERS.get(name, name)


def _extra(name: str) -> str:
    return words.EXTRA_DATA.get(name, name)


def _place(row: Row, side: str) -> str:
    arm = Arm(
        name="",
        segmenter=row[f"{side}_segmenter"],
        extra_data="none",
        initial_weights=row[f"{side}_weights"],
    )
    return words.arm_label(arm)
