"""Tables of what single choices do: ablations, two-way effects, where an arm helps, settings."""

from collections.abc import Sequence

from reports import words
from reports.ablation import Effect
from reports.gan_quality import Correlation
from reports.heterogeneity import Contrast, GroupLead
from reports.importance import Importance
from reports.intervals import Interval
from reports.load import Arm
from reports.tables import Column, Row, Table
from reports.two_way import Cell, Interaction


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
            Column(label="setting", show=lambda row: row["setting"], numeric=False),
            Column(label="chosen", show=lambda row: row["winner"]),
            Column(label="changed to", show=lambda row: row["level"]),
            Column(label="images", show=lambda row: str(row["annotation_count"])),
            Column(label="effect on F1", show=lambda row: words.change(row["effect"])),
            _span("effect"),
            Column(label="p (Holm)", show=lambda row: words.p_value(row["p_holm"])),
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
            Column(label="segmenter", show=lambda row: _segmenter(row), numeric=False),
            Column(label="weights", show=lambda row: row["initial_weights"], numeric=False),
            Column(label="extra data", show=lambda row: _extra(row), numeric=False),
            Column(label="F1 without", show=lambda row: words.score(row["f1_without"])),
            Column(label="F1 with", show=lambda row: words.score(row["f1"])),
            Column(label="effect", show=lambda row: words.change(row["effect"])),
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
            Column(label="effect of", show=lambda row: _extra(row), numeric=False),
            Column(label="on", show=lambda row: _place(row, "one"), numeric=False),
            Column(label="minus on", show=lambda row: _place(row, "other"), numeric=False),
            Column(label="difference", show=lambda row: words.change(row["change"])),
            _span("change"),
            Column(label="p", show=lambda row: words.p_value(row["p"])),
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
            Column(label="by", show=lambda row: row["factor"], numeric=False),
            Column(label="here", show=lambda row: row["low_name"], numeric=False),
            Column(label="lead", show=lambda row: words.change(row["low_lead"])),
            Column(label="there", show=lambda row: row["high_name"], numeric=False),
            Column(label="lead ", show=lambda row: words.change(row["high_lead"])),
            Column(label="difference", show=lambda row: words.change(row["change"])),
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
            Column(label="worst group", show=lambda row: row["worst_group"], numeric=False),
            Column(label="lead", show=lambda row: words.change(row["worst_lead"])),
            Column(label="best group", show=lambda row: row["best_group"], numeric=False),
            Column(label="lead ", show=lambda row: words.change(row["best_lead"])),
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
            Column(label="measure of the pool", show=lambda row: row["measure"], numeric=False),
            Column(label="GAN fits", show=lambda row: str(row["pairs"])),
            Column(
                label="rank correlation with the gain",
                show=lambda row: words.change(row["rank_correlation"]),
            ),
            Column(
                label="95 % interval",
                show=lambda row: words.change_span(row["low"], row["high"]),
            ),
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
            Column(label="setting", show=lambda row: row["setting"], numeric=False),
            Column(label="share of variance", show=lambda row: words.percent(row["share"])),
            Column(label="R² on unseen trials", show=lambda row: words.number(row["predicted"])),
            Column(label="completed trials", show=lambda row: str(row["trials"])),
        ],
    )


def _numbers(name: str, found: Interval) -> Row:
    return {name: found.estimate, f"{name}_from": found.low, f"{name}_to": found.high}


def _span(name: str) -> Column:
    return Column(
        label="95 % interval",
        show=lambda row: words.change_span(row[f"{name}_from"], row[f"{name}_to"]),
    )


def _segmenter(row: Row) -> str:
    name = str(row["segmenter"])
    return words.SEGMENTERS.get(name, name)


def _extra(row: Row) -> str:
    name = str(row["extra_data"])
    return words.EXTRA_DATA.get(name, name)


def _place(row: Row, side: str) -> str:
    arm = Arm(
        name="",
        segmenter=row[f"{side}_segmenter"],
        extra_data="none",
        initial_weights=row[f"{side}_weights"],
    )
    return words.arm_label(arm)
