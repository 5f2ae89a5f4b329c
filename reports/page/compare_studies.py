"""The report on several studies: one page, one figure, two tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports import words
from reports.columns import Table, write_csv
from reports.figures.figure_files import inline_svg, write_figure
from reports.figures.figures import Look, looks
from reports.figures.leads import leads
from reports.load import Folder
from reports.margin import MARGIN_F1
from reports.page.templates import fill
from reports.tables.study_tables import by_study_table, overall_table
from reports.verdict.side_by_side import Overall, Placed, SideBySide, side_by_side
from reports.verdict.verdict import Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonPage:
    """What is shown of several studies, from top to bottom."""

    look: Mapping[str, Look]
    """Looks of the arms of all studies, by name."""
    headline: str
    decisions: Sequence[tuple[str, Decision]]
    """Name and decision of each study."""
    figure: str
    """SVG element; empty where no arm has been confirmed."""
    same_count: bool
    """Whether all were confirmed at one number of annotated images."""
    overall: Table[Overall]
    by_study: Table[Placed]
    margin_f1: float


def write_comparison(
    folders: Sequence[Folder], *, out: Folder, margin_f1: float = MARGIN_F1
) -> Folder:
    """Writes `comparison.html`, its tables and its figure into a folder.

    Args:
        folders: those of the studies; only read.
        out: where to write.
        margin_f1: differences in test F1 up to this do not matter.

    Returns:
        The path of the page.

    Raises:
        ValueError: fewer than two folders, or one that holds no study.
    """
    found = side_by_side(folders, margin_f1=margin_f1)
    out.mkdir(parents=True, exist_ok=True)
    page = _page(found, figure=_write_figure(found, out), margin_f1=margin_f1)
    write_csv(out / "overall.csv", page.overall)
    write_csv(out / "by_study.csv", page.by_study)
    path = out / "comparison.html"
    path.write_text(fill("comparison.html.jinja", page), encoding="utf-8")
    return path


def headline(found: SideBySide) -> str:
    """What holds across the studies, in one sentence."""
    arms = {arm.name: arm for arm in found.arms}
    best = sorted((one for one in found.overall if one.wins), key=lambda one: -one.wins)
    if not best:
        return "No verdict in any of these studies yet"
    if best[0].wins == len(found.studies):
        label = words.arm_title(arms[best[0].arm])
        return f"{label} has the best mean in all {len(found.studies)} studies"
    each = [f"{words.arm_label(arms[one.arm])} in {one.wins}" for one in best]
    return f"No arm has the best mean in all {len(found.studies)} studies: {words.listed(each)}"


def _page(found: SideBySide, *, figure: str, margin_f1: float) -> ComparisonPage:
    return ComparisonPage(
        look=looks(found.arms),
        headline=headline(found),
        decisions=list(zip(found.names, found.decisions, strict=True)),
        figure=figure,
        same_count=len({one.annotation_count for one in found.decisions}) == 1,
        overall=overall_table(found.overall),
        by_study=by_study_table(found.placed),
        margin_f1=margin_f1,
    )


def _write_figure(found: SideBySide, folder: Folder) -> str:
    """Writes the figure as files; returns it as an element of the page, or nothing."""
    if not found.placed:
        return ""
    svg = write_figure(leads(found), name="leads", folder=folder)
    described = "Mean test F1 of each arm in each study, with intervals"
    return inline_svg(svg, name="leads", described=described)
