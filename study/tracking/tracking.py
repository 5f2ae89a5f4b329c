"""The copy of the store in MLflow, made beside the study: it never stalls or fails a trial."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from study.store import Store
from trainables.results.result import TrialResult
from trainables.spec.stages import Stage
from trainables.spec.trial_spec import Spec

if TYPE_CHECKING:
    from study.tracking.mlflow_copy import MlflowCopy

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
"""Settings of MLflow: no telemetry, and a server that is down is noticed within seconds."""
EXPERIMENT = "1"
"""Id of a study's experiment in its own folder's database, beside MLflow's empty default 0."""
PAUSE_SECONDS = 20.0
"""Pause between two attempts to reach a server that did not answer."""
LAST_CHANCE_SECONDS = 60.0
"""How long the end of a study waits for what has not been sent."""


class Tracking:
    """A listener that sends every result to MLflow from its own thread.

    Trial ids tell what MLflow already has, so nothing is sent twice, and whatever a server missed
    while it was down, slow or gone is sent later, or by `study report`.
    """

    def __init__(self, folder: Path, *, store: Store, uri: str = "") -> None:
        """Starts with the results that the store holds and MLflow lacks.

        Args:
            folder: the study's own folder.
            store: the study's store.
            uri: MLflow server or database; empty: a database in the folder.
        """
        os.environ.update(SETTINGS | dict(os.environ))
        self.uri = uri or local_uri(folder)
        self._folder = folder
        self._store = store
        self._unsent = store.trial_ids()
        self._report: Path | None = None
        self._copy: MlflowCopy | None = None
        self._reason = "it was too slow"
        self._refused = ""
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Tracking":
        return self

    def __exit__(self, *unused: object) -> None:
        self._close()

    def stage_started(self, stage: Stage, planned: dict[str, int]) -> None:
        """Nothing to send."""

    def trial_started(self, spec: Spec) -> None:
        """Nothing to send."""

    def trial_progressed(self, spec: Spec, *, images_seen: int, validation_f1: float) -> None:
        """Nothing to send: the curve goes with the result."""

    def trial_ended(self, result: TrialResult) -> None:
        """Queues a result to be sent."""
        with self._changed:
            self._unsent.add(result.trial_id)
            self._changed.notify()

    def send_report(self, path: Path) -> None:
        """Queues the report to be sent."""
        with self._changed:
            self._report = path
            self._changed.notify()

    def finish(self) -> str:
        """Waits a while for the last results.

        Returns:
            Empty when all was sent, otherwise a sentence for the user.
        """
        self._close()
        self._thread.join(LAST_CHANCE_SECONDS)
        left = len(self._unsent) + (self._report is not None)
        if not left and self._refused:
            return (
                f"MLflow at {self.uri} has taken the study's numbers but not its files (pictures, "
                f"report, model): {self._refused}. Nothing is lost: `study report {self._folder}` "
                f"sends them once it takes files."
            )
        if not left:
            return ""
        return (
            f"MLflow at {self.uri} has not taken {left} of the study's results: {self._reason}. "
            f"Nothing is lost: `study report {self._folder}` sends them once it answers."
        )

    def _close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()

    def _work(self) -> None:
        """Sends until the study closes and nothing is left, or the last attempt has failed."""
        while True:
            closing = self._closing
            answered = self._attempt()
            with self._changed:
                if closing and (not answered or self._is_empty()):
                    return
                if self._closing:
                    continue
                if not answered:
                    self._changed.wait(PAUSE_SECONDS)
                elif self._is_empty():
                    self._changed.wait()

    def _is_empty(self) -> bool:
        return not self._unsent and self._report is None

    def _attempt(self) -> bool:
        """Sends what is waiting; False where MLflow failed, whatever the reason.

        No error of MLflow, its database driver or the network may reach the study.
        """
        if self._is_empty():
            return True
        try:
            self._send()
        except Exception as error:
            self._copy = None
            self._reason = " ".join(str(error).split())[:300] or type(error).__name__
            return False
        return True

    def _send(self) -> None:
        from study.tracking.mlflow_copy import MlflowCopy

        copy = self._copy or MlflowCopy(self.uri, folder=self._folder, store=self._store)
        self._copy = copy
        for trial_id in sorted(self._unsent):
            if result := self._readable(trial_id):
                copy.send(result)
            with self._changed:
                self._unsent.discard(trial_id)
        if report := self._report:
            copy.send_report(report)
            with self._changed:
                self._report = None if self._report == report else self._report
        self._refused = copy.refused

    def _readable(self, trial_id: str) -> TrialResult | None:
        """A result, or None where it is missing, or damaged, which the report mentions."""
        try:
            return self._store.result(trial_id)
        except ValueError:
            return None


def local_uri(folder: Path) -> str:
    """The database in a study's folder."""
    return f"sqlite:///{folder.resolve()}/mlflow.db"


def serve(folder: Path, *, port: int) -> int:
    """Shows MLflow's pages over a study on 127.0.0.1 until Ctrl-C; returns the exit status."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", local_uri(folder)]
    command += ["--default-artifact-root", str(folder.resolve() / "mlartifacts")]
    page = f"http://127.0.0.1:{port}/#/experiments/{EXPERIMENT}/runs"
    print(f"MLflow shows {folder} at {page} in half a minute (Ctrl-C ends it)", flush=True)
    return subprocess.run(command, env=os.environ | SETTINGS, check=False).returncode
