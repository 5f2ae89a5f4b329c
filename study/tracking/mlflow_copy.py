"""What MLflow receives from a study: study > arm > trial, with curves, scores, cost, pictures."""

import json
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.entities import Metric, Param, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

from study.events import row_of
from study.store import Store
from study.tracking.mlflow_winner import Runs, send_dataset, send_verdict
from study.tracking.pictures import overlays, synthetic_sheet
from trainables.metrics.aggregate import summarise
from trainables.results.result import TrialResult
from trainables.results.score_table import ScoreTable
from trainables.spec.flat import flatten

STATUSES = {"completed": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
"""MLflow's words for how a trial ended."""
TRIAL_ID = "trial_id"
"""Tag that marks a run as the copy of a result; set last, when everything has been sent."""
LACKS_FILES = "lacks_files"
"""Tag of a run whose files MLflow refused; a later copy sends them again."""
LEVEL = "level"
"""Tag that distinguishes study, arm and trial runs."""


class MlflowCopy:
    """One study in one MLflow experiment."""

    def __init__(self, uri: str, *, folder: Path, store: Store) -> None:
        """Finds the study's experiment and the runs it already has, or creates them.

        Raises:
            mlflow.exceptions.MlflowException: the server or database does not answer.
        """
        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._client = mlflow.MlflowClient(tracking_uri=uri)
        self._store = store
        self._about = json.loads(store.read_text("study.json") or "{}")
        # A registered model's name may contain neither "/" nor ":".
        name = f"{folder.resolve().name} {self._about.get('hash', '')}".strip()
        self._name = name.replace("/", " ").replace(":", " ")
        self._experiment_id = self._experiment(folder, is_local=uri.startswith("sqlite:"))
        self._parents: dict[str, str] = {}
        self._sent: dict[str, str] = {}
        self._begun = False
        self.refused = ""
        """Why MLflow accepted numbers but no files; empty while it accepts both."""
        self._find_runs()
        if not self._begun:
            self._begin_study()

    def send(self, result: TrialResult) -> None:
        """Sends one result, unless it is there already."""
        if result.trial_id in self._sent:
            return
        arm = row_of(result)
        if arm not in self._parents:
            self._parents[arm] = self._run(arm, level="arm", parent=self._parents["study"])
            self._client.set_terminated(self._parents[arm])
        stage = result.spec.stage
        run_id = self._run(
            f"{stage} {result.trial_id}",
            level="trial",
            parent=self._parents[arm],
            started_at=result.cost.started_at if result.cost else None,
        )
        self._client.log_batch(
            run_id, metrics=_metrics(result), params=_params(result), tags=_tags(result)
        )
        self._send_files(run_id, lambda: self._send_pictures(run_id, result))
        ended = int(result.cost.ended_at * 1000) if result.cost else None
        self._client.set_terminated(run_id, status=STATUSES[result.status], end_time=ended)
        self._client.set_tag(run_id, TRIAL_ID, result.trial_id)
        self._sent[result.trial_id] = run_id

    def send_report(self, path: Path) -> None:
        """Sends the report and its tables to the study's run, and the verdict to MLflow's opening
        page; the winner becomes a registered model."""
        run_id = self._parents["study"]
        self._send_files(
            run_id, lambda: self._client.log_artifacts(run_id, str(path.parent), "report")
        )
        runs = Runs(
            experiment_id=self._experiment_id,
            study=self._parents["study"],
            arms=self._parents,
            trials=self._sent,
        )
        send_verdict(
            self._client, runs, store=self._store, name=self._name, takes_files=not self.refused
        )

    def _experiment(self, folder: Path, *, is_local: bool) -> str:
        if found := self._client.get_experiment_by_name(self._name):
            return str(found.experiment_id)
        artifacts = (folder.resolve() / "mlartifacts").as_uri() if is_local else None
        return str(self._client.create_experiment(self._name, artifact_location=artifacts))

    def _find_runs(self) -> None:
        token = None
        while True:
            page = self._client.search_runs([self._experiment_id], page_token=token)
            for run in page:
                self._note(run)
            token = page.token
            if not token:
                return

    def _note(self, run: Any) -> None:
        """Notes a run; a trial's run without its id was cut off while being sent: it is resent."""
        level, tags = run.data.tags.get(LEVEL), run.data.tags
        if level == "trial" and (TRIAL_ID not in tags or LACKS_FILES in tags):
            self._client.delete_run(run.info.run_id)
        elif level == "trial":
            self._sent[tags[TRIAL_ID]] = run.info.run_id
        elif level:
            self._begun |= level == "study" and LACKS_FILES not in tags
            self._parents["study" if level == "study" else tags[MLFLOW_RUN_NAME]] = run.info.run_id

    def _begin_study(self) -> None:
        name = str(self._about.get("name", "study"))
        if "study" in self._parents:
            self._client.delete_tag(self._parents["study"], LACKS_FILES)
        else:
            self._parents["study"] = self._run(name, level="study", parent="")
        run_id = self._parents["study"]
        dataset, split = self._about.get("dataset", {}), self._about.get("split", {})
        tags = {
            "split_hash": split.get("hash"),
            "content_hash": dataset.get("content_hash"),
            "dataset": dataset.get("path"),
            "command": self._about.get("command"),
            **self._about.get("environment", {}),
        }
        self._client.log_batch(run_id, tags=[RunTag(key, str(tags[key])) for key in tags])
        self._send_files(run_id, lambda: self._client.log_dict(run_id, self._about, "study.json"))
        send_dataset(self._client, run_id, dataset)
        self._client.set_terminated(run_id)

    def _send_files(self, run_id: str, send: Callable[[], object]) -> None:
        """Sends files, which MLflow stores apart from numbers and may refuse while accepting those.

        After a refusal no more are tried: each might take as long as the first.
        """
        if not self.refused:
            try:
                send()
            except Exception as error:  # whatever the storage behind MLflow raises
                self.refused = " ".join(str(error).split())[:300] or type(error).__name__
        if self.refused:
            self._client.set_tag(run_id, LACKS_FILES, "yes")

    def _run(self, name: str, *, level: str, parent: str, started_at: float | None = None) -> str:
        tags = {MLFLOW_RUN_NAME: name, LEVEL: level}
        if parent:
            tags[MLFLOW_PARENT_RUN_ID] = parent
        milliseconds = int((started_at or time.time()) * 1000)
        run = self._client.create_run(self._experiment_id, start_time=milliseconds, tags=tags)
        return str(run.info.run_id)

    def _send_pictures(self, run_id: str, result: TrialResult) -> None:
        for name, picture in overlays(self._store, result.trial_id):
            self._client.log_image(run_id, picture, artifact_file=f"overlays/{name}.png")
        if result.spec.stage == "fit_gans":
            sheet = synthetic_sheet(self._store, result.trial_id)
            if sheet is not None:
                self._client.log_image(run_id, sheet, artifact_file="synthetic.png")


def _params(result: TrialResult) -> list[Param]:
    values = flatten(result.spec) | {
        f"threshold.{name}": result.thresholds[name] for name in result.thresholds
    }
    return [Param(name, str(value)) for name, value in values.items()]


def _tags(result: TrialResult) -> list[RunTag]:
    tags = {
        "stage": result.spec.stage,
        "arm": row_of(result),
        "status": result.status,
        "reason": result.reason[:2000],
        "split_hash": result.spec.data.split,
        "device": result.cost.device if result.cost else "",
        "commit": result.environment.get("commit", ""),
    }
    return [RunTag(name, str(value)) for name, value in tags.items()]


def _metrics(result: TrialResult) -> list[Metric]:
    now = int(time.time() * 1000)
    curves = [
        Metric(name, getattr(progress, name), now, progress.images_seen)
        for progress in result.progress
        for name in ("validation_f1", "loss")
    ]
    finals = _finals(result)
    return [metric for metric in curves if math.isfinite(metric.value)] + [
        Metric(name, value, now, 0) for name, value in finals.items() if math.isfinite(value)
    ]


def _finals(result: TrialResult) -> dict[str, float]:
    finals = _scores("validation", result.validation) | _scores("test", result.test)
    if result.progress:
        finals["best_validation_f1"] = max(one.validation_f1 for one in result.progress)
    if result.cost:
        finals["device_seconds"] = result.cost.device_seconds
        finals["training_seconds"] = result.cost.training_seconds
        finals["peak_gib"] = result.cost.peak_gib
    synthesis = {
        f"synthesis.{name}": float(value)
        for name, value in result.synthesis.items()
        if isinstance(value, int | float)
    }
    return finals | synthesis


def _scores(side: str, scores: ScoreTable) -> dict[str, float]:
    """Scores under names that MLflow allows, without `@`; the curves are plain `validation_f1`."""
    if not scores:
        return {}
    return {
        f"{side}_{name.replace('@', ' at ')}": float(np.float64(value))
        for name, value in summarise(scores).items()
    }
