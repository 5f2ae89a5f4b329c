"""One whole study by its command: every arm, every stage, and all that it leaves behind."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import mlflow
import numpy as np
import pytest
import tifffile

from reports.load import load_study
from reports.verdict.verdict import choose_winner
from study.events import row_of
from study.store import Store
from tests.tiny_study import study

TINY = Path(__file__).with_name("tiny_study.py")


def command(
    *words: object, timeout: float = 600, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `study ...` as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "study", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=os.environ | {"COLUMNS": "120"},
        cwd=cwd,
        check=False,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a finished study, which the command named relatively, and what it printed."""
    folder = tmp_path_factory.mktemp("whole") / "tiny"
    done = command("run", TINY, "--out", folder.name, cwd=folder.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_every_stage_and_arm_has_run(whole: tuple[Path, str]) -> None:
    results = Store(whole[0]).results().values()

    assert {result.status for result in results} == {"completed"}, [
        result.reason for result in results if result.status != "completed"
    ]
    rows = Counter((result.spec.stage, row_of(result)) for result in results)
    declared = study()
    for arm in declared.arms:
        assert rows["search", arm] == declared.search_trials
        assert rows["confirm", arm] == declared.confirm_draws
        assert rows["ablate", arm] == (arm in ("unet_copy_paste", "unet_gan"))
    assert rows["fit_sources", "cellpose_source"] == rows["fit_sources", "stardist_source"] == 1
    assert 1 <= rows["fit_gans", "gan"] <= 1 + declared.confirm_draws


def test_only_confirm_and_ablate_saw_the_test_images(whole: tuple[Path, str]) -> None:
    split = json.loads((whole[0] / "split.json").read_text())
    for result in Store(whole[0]).results().values():
        tested = set(result.test.sample_ids)
        may_see = result.spec.stage in ("confirm", "ablate")
        expected = set(split["test_ids"]) if may_see else set()
        assert tested == expected
        assert len(result.test.by_size) == (3 if may_see else 0)
        assert not set(result.validation.sample_ids) & set(split["test_ids"])


def test_it_leaves_these_files_and_no_others(whole: tuple[Path, str]) -> None:
    left = {path.name for path in whole[0].iterdir() if not path.name.startswith(".")}
    assert left == {
        "data",
        "examples",
        "finished.json",
        "gans",
        "mlartifacts",
        "mlflow.db",
        "models",
        "optuna.journal",
        "ray",
        "report",
        "results",
        "split.json",
        "study.json",
    }


def test_the_output_says_what_happened_and_where_the_report_is(whole: tuple[Path, str]) -> None:
    _, printed = whole
    assert "search:" in printed
    assert "confirm:" in printed
    assert printed.strip().endswith("Report: tiny/report/report.html")
    assert "MLflow" not in printed


def test_the_report_is_one_file_with_a_verdict(whole: tuple[Path, str]) -> None:
    html = (whole[0] / "report" / "report.html").read_text()
    for arm in study().arms:
        assert arm in html
    assert "<script src" not in html
    assert 'href="http' not in html.split("</head>")[0]


def test_mlflow_has_study_arm_and_trial(whole: tuple[Path, str]) -> None:
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{whole[0]}/mlflow.db")
    experiments = [one for one in client.search_experiments() if one.name != "Default"]
    runs = client.search_runs([one.experiment_id for one in experiments])
    levels = Counter(run.data.tags["level"] for run in runs)

    assert levels["study"] == 1
    assert levels["trial"] == len(Store(whole[0]).results())
    by_id = {run.info.run_id: run for run in runs}
    for run in runs:
        if run.data.tags["level"] == "trial":
            arm = by_id[run.data.tags["mlflow.parentRunId"]]
            assert by_id[arm.data.tags["mlflow.parentRunId"]].data.tags["level"] == "study"
    confirmed = [run for run in runs if run.data.tags.get("stage") == "confirm"]
    assert all("test_f1 at 0.5" in run.data.metrics for run in confirmed)
    top = next(run for run in runs if run.data.tags["level"] == "study")
    assert "report" in {artifact.path for artifact in client.list_artifacts(top.info.run_id)}
    assert top.info.run_name.startswith("Verdict: ")
    (dataset,) = top.inputs.dataset_inputs
    about = json.loads((whole[0] / "study.json").read_text())["dataset"]
    assert about["content_hash"].startswith(dataset.dataset.digest)


def test_the_winner_is_a_registered_model_with_a_card(whole: tuple[Path, str]) -> None:
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{whole[0]}/mlflow.db")
    (model,) = client.search_registered_models()
    version = client.get_model_version_by_alias(model.name, "winner")
    winner = choose_winner(load_study(whole[0]))
    assert winner is not None
    assert version.tags["trial_id"] == winner.trial_id
    assert "Recommended" in version.description
    kept = {artifact.path for artifact in client.list_artifacts(version.run_id, "model")}
    assert kept
    run = client.get_run(version.run_id)
    assert (run.data.tags["winner"], run.data.tags["stage"]) == ("yes", "confirm")


def test_the_same_command_again_runs_nothing(whole: tuple[Path, str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in (whole[0] / "results").iterdir()}
    done = command("run", TINY, "--out", whole[0])
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in (whole[0] / "results").iterdir()} == before
    assert "is complete" in done.stdout
    assert "search:" not in done.stdout


def test_another_study_is_refused_in_this_folder(whole: tuple[Path, str]) -> None:
    done = command("run", TINY, "--out", whole[0], "--seed", 5)
    assert done.returncode == 1
    assert "holds another study: it differs in seed" in done.stderr


@pytest.mark.parametrize("arm", ["", *study().arms])
def test_every_arms_model_labels_new_images(
    whole: tuple[Path, str], arm: str, tmp_path: Path
) -> None:
    image = tmp_path / "my image.tif"
    tifffile.imwrite(image, np.random.default_rng(0).integers(0, 4000, (150, 97), np.uint16))

    done = command("predict", whole[0], image, "--out", tmp_path / "labels", "--arm", arm)

    assert done.returncode == 0, done.stderr
    labels = tifffile.imread(tmp_path / "labels" / "my image_labels.tif")
    assert labels.shape == (150, 97)
    assert labels.dtype == np.uint16


def test_the_winner_is_exported(whole: tuple[Path, str], tmp_path: Path) -> None:
    done = command("export", whole[0], "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip().splitlines()[-1]).exists()
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert json.loads((whole[0] / "study.json").read_text())["split"]["hash"] in card


def test_status_counts_what_has_ended(whole: tuple[Path, str]) -> None:
    done = command("status", whole[0])
    assert done.returncode == 0
    assert "confirm" in done.stdout
    assert "unet_gan" in done.stdout
