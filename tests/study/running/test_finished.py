"""A finished study knows it from its folder alone."""

import dataclasses
from pathlib import Path

from study.presets import quick
from study.running.finished import is_finished, mark_finished
from study.store import Store
from tests.specs import trial_of
from trainables.results.result import TrialResult

RESULT = TrialResult(trial_id="abc", spec=trial_of("search"), status="completed")


def test_only_the_same_study_with_all_its_results_is_finished(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_result(RESULT)
    assert not is_finished(quick(), store)

    mark_finished(quick(), store)
    assert is_finished(quick(), store)
    assert not is_finished(dataclasses.replace(quick(), confirm_draws=9), store)

    (tmp_path / "results" / "abc.json").unlink()
    assert not is_finished(quick(), store)


def test_a_finished_study_keeps_no_checkpoints(tmp_path: Path) -> None:
    store = Store(tmp_path)
    checkpoints = store.checkpoints("abc")
    checkpoints.save(lambda folder: (folder / "state").touch())
    checkpoints.clear()  # leaves the folder of all checkpoints behind
    mark_finished(quick(), store)
    assert not (tmp_path / "checkpoints").exists()
