"""The report over several studies: one page, one CSV, one figure."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from reports import words
from reports.columns import Row, Table, column, interval_column, write_csv
from reports.figures.figure_files import inline_svg, write_figure
from reports.figures.figures import AXIS, canvas, interval_line, looks, rows_only
from reports.load import Folder
from reports.margin import MARGIN_F1
from reports.page.page import environment
from reports.verdict.side_by_side import Overall, SideBySide, side_by_side


def write_comparison(
    folders: Sequence[Folder], *, out: Folder, margin_f1: float = MARGIN_F1
) -> Folder:
    """Writes `comparison.html`, its tables and its figure into a folder.

    Args:
        folders: of the studies; only read.
        out: where to write.
        margin_f1: differences of test F1 up to this are of no account.

    Returns:
        The path of the page.

    Raises:
        ValueError: fewer than two folders, or one that holds no study.
    """
    found = side_by_side(folders, margin_f1=margin_f1)
    out.mkdir(parents=True, exist_ok=True)
    shown = {table.name: table for table in (by_study_table(found), overall_table(found))}
    for name, table in shown.items():
        write_csv(out / f"{name}.csv", table.rows)
    plot = ""
    if found.placed:
        svg = write_figure(leads(found), name="leads", folder=out)
        described = "Mean test F1 of each arm in each study, with intervals"
        plot = inline_svg(svg, name="leads", described=described)
    page = out / "comparison.html"
    text = (
        environment()
        .get_template("comparison.html.jinja")
        .render(
            found=found,
            headline=headline(found),
            plot=plot,
            tables=shown,
            look=looks(found.arms),
            words=words,
            margin=f"{margin_f1:g}",
            same_count=len({one.annotation_count for one in found.decisions}) == 1,
        )
    )
    page.write_text(text, encoding="utf-8")
    return page


def headline(found: SideBySide) -> str:
    """What holds over the studies, in one sentence."""
    arms = {arm.name: arm for arm in found.arms}
    best = sorted((one for one in found.overall if one.wins), key=lambda one: -one.wins)
    if not best:
        return "No verdict in any of these studies yet"
    if best[0].wins == len(found.studies):
        label = words.arm_title(arms[best[0].arm])
        return f"{label} has the best mean in all {len(found.studies)} studies"
    each = [f"{words.arm_label(arms[one.arm])} in {one.wins}" for one in best]
    return f"No arm has the best mean in all {len(found.studies)} studies: {words.listed(each)}"


def by_study_table(found: SideBySide) -> Table:
    """Every arm in every study."""
    return Table(
        name="by_study",
        rows=[
            {
                "study": one.study,
                "arm": one.arm,
                "annotation_count": one.annotation_count,
                "rank": one.rank,
                "f1": one.f1.estimate,
                "f1_low": one.f1.low,
                "f1_high": one.f1.high,
                "lead": one.lead.found.estimate if one.lead else math.nan,
                "lead_low": one.lead.found.low if one.lead else math.nan,
                "lead_high": one.lead.found.high if one.lead else math.nan,
                "reading": words.reading(one.lead.reading, one.lead.margin_f1) if one.lead else "",
            }
            for one in found.placed
        ],
        columns=[
            column("images", "annotation_count"),
            column("rank", "rank"),
            column("F1@0.5", "f1", words.score),
            interval_column("f1_low", "f1_high", words.span),
            column("minus U-Net", "lead", words.change),
            interval_column("lead_low", "lead_high", words.change_span, label="95 % interval "),
            column("reading", "reading", lambda said: said or words.MISSING, numeric=False),
        ],
    )


def overall_table(found: SideBySide) -> Table:
    """Every arm over all studies."""
    rows: list[Row] = [
        {
            "arm": one.arm,
            "studies": one.studies,
            "mean_rank": one.mean_rank,
            "wins": one.wins,
            "ahead": one.ahead,
            "behind": one.behind,
            "mean_lead": one.mean_lead,
            "sd_lead": one.sd_lead,
        }
        for one in sorted(found.overall, key=_by_rank)
    ]
    return Table(
        name="overall",
        rows=rows,
        columns=[
            column("studies", "studies"),
            column("mean rank", "mean_rank", _mean_rank),
            column("best in", "wins"),
            column("beats U-Net in", "ahead"),
            column("beaten by it in", "behind"),
            column("mean lead", "mean_lead", words.change),
            column("sd of leads", "sd_lead", words.score),
        ],
    )


def _by_rank(one: Overall) -> tuple[bool, float]:
    return math.isnan(one.mean_rank), one.mean_rank


def _mean_rank(rank: float) -> str:
    return words.MISSING if math.isnan(rank) else f"{rank:.1f}"


def leads(found: SideBySide) -> Figure:
    """Mean test F1 with its interval, arm by arm, one block a study."""
    look = looks(found.arms)
    figure, axes = canvas(height=0.8 + 0.24 * (len(found.placed) + len(found.names)))
    row: float = 0.0
    ticks: list[tuple[float, str]] = []
    for name in found.names:
        ticks.append((row, name))
        for one in (one for one in found.placed if one.study == name):
            row += 1
            style, score = look[one.arm], one.f1
            interval_line(axes, row, score, colour=style.colour)
            axes.plot(score.estimate, row, style.marker, color=style.colour, ms=7)
            ticks.append((row, style.label))
        axes.axhline(row + 0.75, color=AXIS, lw=0.6)
        row += 1.5
    axes.set_yticks([place for place, _ in ticks], [label for _, label in ticks])
    for tick, (_, label) in zip(axes.get_yticklabels(), ticks, strict=True):
        tick.set_fontweight("bold" if label in found.names else "normal")
    axes.set_ylim(row - 0.5, -0.7)
    axes.set_xlabel("test F1 at IoU 0.5")
    rows_only(axes)
    return figure
