"""MLflow gets a copy of everything, and its troubles stay its own."""

import socket
import time
from pathlib import Path

import mlflow
import pytest

import study.tracking.tracking
from study.store import Store
from study.tracking.tracking import Tracking
from tests.reports.fake_study import ARMS, FakeStudy
from tests.study.fakes import curve, ended
from trainables.results.result import TrialResult
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec

DATA = DataSpec(split="s", annotation_count=4, draw=0)


def result(seed: int, **changes: object) -> TrialResult:
    spec = TrialSpec(
        stage="search", arm="unet", study_seed=0, seed=seed, data=DATA, segmenter=UnetSpec()
    )
    return ended(spec, progress=curve(0.1, 0.4, 0.3), **changes)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    store.write_text("study.json", '{"name": "s", "hash": "h"}')
    return store


def runs(folder: Path) -> dict[str, mlflow.entities.Run]:
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")
    found = client.search_runs([one.experiment_id for one in client.search_experiments()])
    return {run.data.tags["trial_id"]: run for run in found if "trial_id" in run.data.tags}


def test_results_arrive_once_with_curves_and_best_values(tmp_path: Path, store: Store) -> None:
    first, second = result(1, f1=0.8), result(2, status="failed", validation=(), reason="NaN loss")
    store.write_result(first)
    with Tracking(tmp_path, store=store) as tracking:
        store.write_result(second)
        tracking.trial_ended(second)
        tracking.trial_ended(first)
        assert tracking.finish() == ""
    with Tracking(tmp_path, store=store) as tracking:
        assert tracking.finish() == ""

    sent = runs(tmp_path)
    assert sent.keys() == {first.trial_id, second.trial_id}
    run = sent[first.trial_id]
    assert run.data.metrics["best_validation_f1"] == 0.4
    assert run.data.metrics["validation_f1 at 0.5"] == pytest.approx(0.8)
    assert run.data.params["training.learning_rate"] == "0.001"
    assert sent[second.trial_id].info.status == "FAILED"
    assert sent[second.trial_id].data.tags["reason"] == "NaN loss"
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")
    history = client.get_metric_history(run.info.run_id, "validation_f1")
    assert [(point.step, point.value) for point in history] == [(100, 0.1), (200, 0.4), (300, 0.3)]


def test_a_damaged_result_keeps_no_other_from_being_sent(tmp_path: Path, store: Store) -> None:
    store.write_text("results/0damaged.json", '{"schema": 1, "trial_')
    sound = result(1)
    store.write_result(sound)
    with Tracking(tmp_path, store=store) as tracking:
        assert tracking.finish() == ""
    assert runs(tmp_path).keys() == {sound.trial_id}


def test_a_server_that_is_gone_stalls_nothing_and_is_made_up_for(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study.tracking.tracking, "LAST_CHANCE_SECONDS", 30.0)
    one = result(1)
    store.write_result(one)
    with Tracking(tmp_path, store=store, uri="http://127.0.0.1:9") as tracking:
        started = time.monotonic()
        tracking.trial_ended(one)
        assert time.monotonic() - started < 1.0
        said = tracking.finish()
    assert "has not taken 1 of the study's results" in said
    assert f"study report {tmp_path}" in said

    with Tracking(tmp_path, store=store) as tracking:
        assert tracking.finish() == ""
    assert runs(tmp_path).keys() == {one.trial_id}


def test_a_copy_that_was_cut_off_is_made_again(tmp_path: Path, store: Store) -> None:
    from study.tracking.mlflow_copy import TRIAL_ID

    one = result(1)
    store.write_result(one)
    with Tracking(tmp_path, store=store) as tracking:
        assert tracking.finish() == ""
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")
    client.delete_tag(runs(tmp_path)[one.trial_id].info.run_id, TRIAL_ID)

    with Tracking(tmp_path, store=store) as tracking:
        assert tracking.finish() == ""

    assert runs(tmp_path).keys() == {one.trial_id}
    levels = [
        run.data.tags["level"]
        for run in client.search_runs([one.experiment_id for one in client.search_experiments()])
    ]
    assert sorted(levels) == ["arm", "study", "trial"]


def test_a_server_that_refuses_files_gets_the_numbers_and_later_the_files(tmp_path: Path) -> None:
    """Where the folder of the files should be lies a file, so that none can be written."""
    FakeStudy(arms=ARMS[:1], images=6, draws=(1,), search_trials=1).write(tmp_path)
    store, report = Store(tmp_path), tmp_path / "report" / "report.html"
    store.write_text("report/report.html", "<p>verdict</p>")
    (tmp_path / "mlartifacts").touch()
    with Tracking(tmp_path, store=store) as tracking:
        tracking.send_report(report)
        said = tracking.finish()
    assert "has taken the study's numbers but not its files" in said
    assert f"study report {tmp_path}" in said
    assert runs(tmp_path).keys() == store.trial_ids()
    assert {"best_validation_f1"} <= runs(tmp_path)[min(store.trial_ids())].data.metrics.keys()

    (tmp_path / "mlartifacts").unlink()
    with Tracking(tmp_path, store=store) as tracking:
        tracking.send_report(report)
        assert tracking.finish() == ""
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")
    (found,) = client.search_runs(["1"], "tags.level = 'study'")
    assert {one.path for one in client.list_artifacts(found.info.run_id)} == {
        "report",
        "study.json",
    }
    assert not client.search_runs(["1"], "tags.lacks_files = 'yes'")
    assert runs(tmp_path).keys() == store.trial_ids()
    overlays = [client.list_artifacts(run.info.run_id) for run in runs(tmp_path).values()]
    assert any(overlays)


def test_a_server_that_never_answers_stalls_nothing(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study.tracking.tracking, "LAST_CHANCE_SECONDS", 1.0)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    one = result(1)
    store.write_result(one)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        uri = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with Tracking(tmp_path, store=store, uri=uri) as tracking:
            started = time.monotonic()
            tracking.trial_ended(one)
            said = tracking.finish()
            assert time.monotonic() - started < 3.0
    assert "has not taken 1 of the study's results" in said
