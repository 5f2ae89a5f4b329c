"""What commands do with a study whose results lie elsewhere than its own folder."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from study.command_line.options import study_of
from study.command_line.reporting import write_and_send
from study.command_line.run import Run
from study.command_line.ui import Ui
from study.running.finished import mark_finished
from study.store import Store
from tests.reports.fake_study import FakeStudy


def test_the_report_of_a_shared_storage_is_written_into_the_studys_own_folder(
    tmp_path: Path,
) -> None:
    storage = FakeStudy(pictures=False).write(tmp_path / "storage")
    own = tmp_path / "own"
    tracking = SimpleNamespace(send_report=lambda path: None, finish=lambda: "")

    write_and_send(Store(storage), own, tracking, Console(quiet=True))

    assert (own / "report" / "report.html").exists()
    assert not (storage / "report").exists()


def test_a_finished_study_with_a_budget_answers_without_its_data(tmp_path: Path) -> None:
    gone, out = str(tmp_path / "gone"), tmp_path / "study"
    options = Run(preset="quick", dataset=gone, out=out, budget="8h")
    study = dataclasses.replace(study_of(options), budget_seconds=8 * 3600.0)
    store = Store(out)
    store.write_text("study.json", json.dumps({"hash": study.hash}))
    mark_finished(study, store)
    store.write_text("report/report.html", "")

    assert options.run("study run quick --budget 8h") == 0


def test_mlflows_pages_need_the_studys_database(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it has no mlflow\.db"):
        Ui(folder=tmp_path).run("")
