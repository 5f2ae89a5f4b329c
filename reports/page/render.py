"""Puts the report together: one HTML file that needs nothing else, tables, figures, Markdown."""

from reports.columns import write_csv
from reports.figures.figure_files import inline_svg, write_figure
from reports.figures.figures import looks
from reports.figures.plots import DESCRIBED, plots
from reports.findings.findings import Findings, find
from reports.load import Folder, Study, load_study
from reports.margin import MARGIN_F1
from reports.page.markdown import markdown
from reports.page.page import page_of
from reports.page.templates import fill
from reports.tables.tables_of import listings_of
from reports.verdict.verdict import Decision, decide


def write_report(
    folder: Folder, *, out: Folder | None = None, margin_f1: float = MARGIN_F1
) -> Folder:
    """Writes the folder `report` and returns the path of its page.

    `report.html`, `report.md`, every table as `*.csv`, and every figure in `figures/` as SVG and
    PDF. Works on an unfinished study: the report says what is missing.

    Args:
        folder: that of the study; only read.
        out: where to create the folder `report`; the study's own folder by default.
        margin_f1: differences in test F1 up to this do not matter.

    Raises:
        ValueError: the folder holds no study, or the margin is not above 0.
    """
    if not 0 < margin_f1 < 1:
        raise ValueError(f"The margin must be a difference of F1 in (0, 1), but got {margin_f1}.")
    study = load_study(folder)
    decision = decide(study, margin_f1=margin_f1)
    findings = find(study, decision)
    target = (out or folder) / "report"
    figures = _write_figures(study, decision, findings, target / "figures")
    page = page_of(study, decision, findings, figures=figures)
    for listing in (*page.tables.all, *listings_of(study, findings)):
        write_csv(target / f"{listing.name}.csv", listing)
    (target / "report.md").write_text(markdown(page), encoding="utf-8")
    path = target / "report.html"
    path.write_text(fill("report.html.jinja", page), encoding="utf-8")
    return path


def _write_figures(
    study: Study, decision: Decision, findings: Findings, folder: Folder
) -> dict[str, str]:
    """Writes the figures as files; returns all of them as elements of the page, some empty."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        name: write_figure(figure, name=name, folder=folder)
        for name, figure in plots(study, decision, findings, looks(study.arms)).items()
    }
    return {
        name: inline_svg(drawn[name], name=name, described=described) if name in drawn else ""
        for name, described in DESCRIBED.items()
    }
