"""Puts the report together: one HTML file that needs nothing else, and its tables as CSV."""

import math
import time
from typing import Any

import jinja2

from reports import figures, store_tables, tables, words
from reports.aggregate import ArmSummary, summarise_arm
from reports.breakdown import breakdown_tables, group_rows
from reports.compare import ranked
from reports.configurations import varied_settings
from reports.data_facts import data_facts
from reports.integrity import integrity
from reports.load import Folder, Study, load_study, trials
from reports.narrative import narrate
from reports.occupancy import occupancy
from reports.pictures import gan_pictures, test_pictures
from reports.tables import Row, Table, to_csv
from reports.verdict import CLOSE_F1, Decision, decide


def write_report(folder: Folder, *, out: Folder | None = None) -> Folder:
    """Writes `report/report.html` and `report/*.csv` and returns the path of the former.

    Works on a study that is not finished: what is missing is said in the report.

    Args:
        folder: of the study; only read.
        out: in which to make the folder `report`; the study's own folder where left out.

    Raises:
        ValueError: the folder holds no study.
    """
    study = load_study(folder)
    decision = decide(study)
    by_count = _by_count(study, decision)
    target = (out or folder) / "report"
    target.mkdir(parents=True, exist_ok=True)
    shown = _tables(study, decision, by_count)
    plain = {
        "trials": store_tables.trial_rows(study),
        "test_images": store_tables.image_rows(study),
        "groups": group_rows(study, count=decision.annotation_count),
    }
    for name, rows in ({table.name: table.rows for table in shown.values()} | plain).items():
        _write_csv(target / f"{name}.csv", rows)
    page = target / "report.html"
    page.write_text(render(study, decision, by_count, shown), encoding="utf-8")
    return page


def render(
    study: Study,
    decision: Decision,
    by_count: dict[int, list[ArmSummary]],
    shown: dict[str, Table],
) -> str:
    """The report as the text of one HTML file."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    look = figures.looks(study.arms)
    return environment.get_template("report.html.jinja").render(
        study=study,
        decision=decision,
        narrative=narrate(study, decision),
        integrity=integrity(study, decision),
        busy=occupancy(study.results),
        tables=shown,
        look=look,
        plots=_plots(study, decision, by_count, look),
        settings={arm.name: varied_settings(study, arm) for arm in study.arms},
        pictures=test_pictures(study, decision),
        gan=gan_pictures(study, count=decision.annotation_count),
        words=words,
        isnan=math.isnan,
        close_f1=CLOSE_F1,
        ceiling=float(study.design.get("device_seconds_ceiling") or math.nan),
        data=data_facts(study),
        created=_day(study.facts.get("created_at")),
    )


def _tables(
    study: Study, decision: Decision, by_count: dict[int, list[ArmSummary]]
) -> dict[str, Table]:
    ceiling = float(study.design.get("device_seconds_ceiling") or 0)
    made = [
        tables.arms_table(decision),
        tables.comparisons_table(decision),
        tables.budget_table(decision, ceiling=ceiling),
        store_tables.gans_table(study),
        store_tables.sources_table(study),
        store_tables.failures_table(study),
        tables.counts_table(by_count),
        *breakdown_tables(study, count=decision.annotation_count),
    ]
    return {table.name: table for table in made}


def _by_count(study: Study, decision: Decision) -> dict[int, list[ArmSummary]]:
    """Summaries at every annotation count that has a confirmed training."""
    found: dict[int, list[ArmSummary]] = {}
    for count in study.annotation_counts:
        if count == decision.annotation_count:
            found[count] = list(decision.arms)
        elif trials(study, stage="confirm", count=count, status="completed"):
            found[count] = [summarise_arm(study, arm, count=count) for arm in study.arms]
    return found


def _plots(
    study: Study,
    decision: Decision,
    by_count: dict[int, list[ArmSummary]],
    look: dict[str, figures.Look],
) -> dict[str, str]:
    plots = dict.fromkeys(("forest", "cost", "curves", "history"), "")
    scored = sorted(ranked(list(decision.arms)), key=lambda summary: -summary.mean_f1)
    if scored:
        plots["forest"] = figures.forest(scored, look)
        plots["cost"] = figures.cost_scatter(scored, look)
    if len(by_count) > 1:
        plots["curves"] = figures.learning_curves(by_count, look)
    if trials(study, stage="search"):
        plots["history"] = figures.search_history(study, look)
    return plots


def _write_csv(path: Folder, rows: Any) -> None:
    path.write_text(to_csv(list[Row](rows)), encoding="utf-8")


def _day(unix_seconds: float | None) -> str:
    return time.strftime("%d %B %Y, %H:%M UTC", time.gmtime(unix_seconds)) if unix_seconds else ""
