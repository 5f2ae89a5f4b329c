"""What commands do with a study whose results lie elsewhere than its own folder."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from reports.compare import MARGIN_F1
from study import cli, commands
from study.finished import mark_finished
from study.options import RunOptions, study_of
from study.store import Store
from tests.reports.fake_study import FakeStudy


def test_the_report_of_a_shared_storage_is_written_into_the_studys_own_folder(
    tmp_path: Path,
) -> None:
    storage = FakeStudy(pictures=False).write(tmp_path / "storage")
    own = tmp_path / "own"
    tracking = SimpleNamespace(send_report=lambda path: None, finish=lambda: "")

    assert commands._finish(Store(storage), own, tracking, Console(quiet=True)) == 0

    assert (own / "report" / "report.html").exists()
    assert not (storage / "report").exists()


def test_a_finished_study_with_a_budget_answers_without_its_data(tmp_path: Path) -> None:
    gone, out = str(tmp_path / "gone"), tmp_path / "study"
    options = RunOptions(preset="quick", dataset=gone, out=out, budget="8h")
    study = dataclasses.replace(study_of(options), budget_seconds=8 * 3600.0)
    store = Store(out)
    store.write_text("study.json", json.dumps({"hash": study.hash}))
    mark_finished(study, store)
    store.write_text("report/report.html", "")

    assert commands.run(options, "study run quick --budget 8h") == 0


def test_the_margin_of_the_command_line_is_that_of_the_reports() -> None:
    assert cli.MARGIN_F1 == MARGIN_F1


def test_mlflows_pages_need_the_studys_database(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it has no mlflow\.db"):
        commands.serve_ui(tmp_path, port=5000)
