"""What commands do with a study whose results lie elsewhere than its own folder."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from study import commands
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


def test_mlflows_pages_need_the_studys_database(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it has no mlflow\.db"):
        commands.serve_ui(tmp_path, port=5000)
