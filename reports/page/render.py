"""Puts the report together: one HTML file that needs nothing else, tables, figures, Markdown."""

import math
import time
from collections.abc import Mapping

from reports import words
from reports.columns import Table, write_csv
from reports.figures.figure_files import inline_svg, write_figure
from reports.figures.figures import looks
from reports.figures.gan_pictures import gan_pictures
from reports.figures.pictures import test_pictures
from reports.figures.plots import DESCRIBED, plots
from reports.findings.configurations import varied_settings
from reports.findings.data_facts import data_facts
from reports.findings.findings import Findings, find
from reports.findings.gan_quality import FEWEST_FITS
from reports.findings.integrity import integrity
from reports.findings.occupancy import occupancy
from reports.load import Folder, Study, load_study
from reports.margin import MARGIN_F1
from reports.page.markdown import markdown
from reports.page.page import environment
from reports.tables.tables_of import csv_only, tables_of
from reports.text.methods import methods
from reports.text.narrative import narrate
from reports.verdict.verdict import CLOSE_F1, Decision, decide


def write_report(
    folder: Folder, *, out: Folder | None = None, margin_f1: float = MARGIN_F1
) -> Folder:
    """Writes the folder `report` and returns the path of its page.

    `report.html`, `report.md`, every table as `*.csv`, and every figure in `figures/` as SVG and
    PDF. Works on a study that is not finished: what is missing is said in the report.

    Args:
        folder: of the study; only read.
        out: in which to make the folder `report`; the study's own folder where left out.
        margin_f1: differences of test F1 up to this are of no account.

    Raises:
        ValueError: the folder holds no study, or the margin is not above 0.
    """
    if not 0 < margin_f1 < 1:
        raise ValueError(f"The margin must be a difference of F1 in (0, 1), but got {margin_f1}.")
    study = load_study(folder)
    decision = decide(study, margin_f1=margin_f1)
    findings = find(study, decision)
    shown = tables_of(study, decision, findings)
    target = (out or folder) / "report"
    (target / "figures").mkdir(parents=True, exist_ok=True)
    for name, rows in {**_rows(shown), **csv_only(study, findings)}.items():
        write_csv(target / f"{name}.csv", rows)
    page = target / "report.html"
    _write_pages(study, decision, findings, shown, page, margin_f1)
    return page


def _write_pages(
    study: Study,
    decision: Decision,
    findings: Findings,
    shown: Mapping[str, Table],
    page: Folder,
    margin_f1: float,
) -> None:
    look = looks(study.arms)
    figures = plots(study, decision, findings, look)
    drawn = {
        name: write_figure(figure, name=name, folder=page.parent / "figures")
        for name, figure in figures.items()
    }
    narrative = narrate(study, decision, findings)
    told = methods(study, decision, findings)
    settings = {arm.name: varied_settings(study, arm) for arm in study.arms}
    text = (
        environment()
        .get_template("report.html.jinja")
        .render(
            study=study,
            decision=decision,
            narrative=narrative,
            question=question(study),
            integrity=integrity(study, decision),
            busy=occupancy(study.results),
            tables=shown,
            look=look,
            plots=dict.fromkeys(DESCRIBED, "")
            | {
                name: inline_svg(svg, name=name, described=DESCRIBED[name])
                for name, svg in drawn.items()
            },
            settings=settings,
            refusals=findings.no_importance,
            fewest_fits=FEWEST_FITS,
            pictures=test_pictures(study, decision),
            gan=gan_pictures(study, count=decision.annotation_count),
            methods=told,
            words=words,
            isnan=math.isnan,
            close_f1=CLOSE_F1,
            margin=f"{margin_f1:g}",
            ceiling=study.ceiling_device_seconds or math.nan,
            data=data_facts(study),
            created=_day(study.facts.created_at),
        )
    )
    page.write_text(text, encoding="utf-8")
    short = markdown(
        title=study.facts.name,
        question=question(study),
        narrative=narrative,
        tables=shown,
        look=look,
        figures=list(figures),
        methods=told,
    )
    page.with_name("report.md").write_text(short, encoding="utf-8")


def question(study: Study) -> str:
    """What the study was made to answer."""
    counts = study.annotation_counts
    if not counts:
        return ""
    images = words.listed([str(count) for count in counts])
    unit = "image" if counts == (1,) else "images"
    return (
        f"Which of {words.count(len(study.arms), 'way')} to segment cells is best "
        f"with {images} annotated {unit}, how sure is that, and what does it cost?"
    )


def _rows(shown: Mapping[str, Table]) -> dict[str, list]:
    return {table.name: list(table.rows) for table in shown.values()}


def _day(unix_seconds: float) -> str:
    return time.strftime("%d %B %Y, %H:%M UTC", time.gmtime(unix_seconds)) if unix_seconds else ""
