"""What MLflow shows first of a study: its verdict, its winner, and where to find the rest."""

import json
import math
from dataclasses import dataclass
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, Metric, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME

from reports import words
from reports.load import load_study
from reports.verdict.verdict import Decision, Winner, decide
from study.store import Store

NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description of a run or an experiment."""
WINNER = "winner"
"""Alias of the winner among the versions of the registered model, and tag of its run."""
LONGEST_DIGEST = 36
"""Characters of a data set's hash that MLflow keeps; the full hash is in the profile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """Ids of the parts of a study in MLflow."""

    experiment_id: str
    study: str
    arms: dict[str, str]
    """Ids of runs, by name of the arm."""
    trials: dict[str, str]
    """Ids of runs, by id of the trial."""


def send_verdict(
    client: MlflowClient, runs: Runs, *, store: Store, name: str, takes_files: bool
) -> None:
    """Writes the verdict to MLflow's opening page, and registers the winner's model.

    Args:
        name: of the registered model.
        takes_files: whether MLflow accepts files; without them a model is not registered.
    """
    decision = decide(load_study(store.root))
    for summary in decision.arms:
        if summary.arm.name in runs.arms:
            _send_metrics(client, runs.arms[summary.arm.name], _arm_metrics(summary))
    winner = decision.winner
    if winner is None or winner.trial_id not in runs.trials:
        return
    card = card_of(decision, winner, name=name)
    client.set_experiment_tag(runs.experiment_id, NOTE, card)
    title = f"Verdict: {winner.arm}, test F1 {winner_f1(decision, winner):.3f}"
    tags = {NOTE: card, MLFLOW_RUN_NAME: title, "winner_arm": winner.arm}
    client.log_batch(runs.study, tags=[RunTag(key, tags[key]) for key in tags])
    for run in client.search_runs([runs.experiment_id], f"tags.{WINNER} = 'yes'"):
        client.delete_tag(run.info.run_id, WINNER)
    client.set_tag(runs.trials[winner.trial_id], WINNER, "yes")
    if takes_files:
        _register(client, runs.trials[winner.trial_id], winner, store=store, name=name, card=card)


def send_dataset(client: MlflowClient, run_id: str, about: dict[str, Any]) -> None:
    """Records the data set of a study with the hash of its pixels.

    Args:
        about: `dataset` of study.json.
    """
    if not about.get("content_hash"):
        return
    kept = ("images", "cells", "groups", "layout", "unlabelled", "content_hash")
    dataset = Dataset(
        name=str(about.get("name", "images")),
        digest=str(about["content_hash"])[:LONGEST_DIGEST],
        source_type="local",
        source=json.dumps({"uri": about.get("path", "")}),
        profile=json.dumps({key: about.get(key) for key in kept}),
    )
    client.log_inputs(run_id, datasets=[DatasetInput(dataset, [])])


def card_of(decision: Decision, winner: Winner, *, name: str) -> str:
    """The verdict in Markdown, as the winner's card and the study's description."""
    label = words.arm_label(decision.summary(winner.arm).arm)
    proven = "It beat every other arm." if winner.proven else _not_proven(decision, winner)
    rows = [
        f"| {words.arm_label(one.arm)} | {one.mean_f1:.3f} | {_span(one)} |"
        for one in decision.scored
    ]
    return "\n".join(
        [
            f"**Recommended: {label}**, mean test F1@0.5 {winner_f1(decision, winner):.3f} with "
            f"{decision.annotation_count} annotated images. {proven}",
            "",
            "| arm | test F1@0.5 | 95 % interval |",
            "|---|---|---|",
            *rows,
            "",
            f"Model to take home: registered model `{name}`, alias `{WINNER}` (trial "
            f"{winner.trial_id}). Report: artifact `report/report.html` of the run *Verdict*.",
        ]
    )


def _not_proven(decision: Decision, winner: Winner) -> str:
    best = [decision.best.arm.name] if decision.best else []
    rivals = [name for name in dict.fromkeys([*best, *winner.tied_with]) if name != winner.arm]
    if not rivals:
        return "It is not proven best."
    labels = [words.arm_label(decision.summary(name).arm) for name in rivals]
    return f"It is not proven best: it could not be told apart from {words.listed(labels)}."


def winner_f1(decision: Decision, winner: Winner) -> float:
    """Mean test F1 of the winning arm over its draws."""
    return decision.summary(winner.arm).mean_f1


def _span(summary: Any) -> str:
    if summary.f1 is None or math.isnan(summary.f1.low):
        return "unknown"
    return f"{summary.f1.low:.3f} to {summary.f1.high:.3f}"


def _arm_metrics(summary: Any) -> dict[str, float]:
    """The means of confirm and the best of the search, under distinct names."""
    interval = summary.f1
    return {
        "confirm_test_f1": summary.mean_f1,
        "confirm_test_f1_low": interval.low if interval else math.nan,
        "confirm_test_f1_high": interval.high if interval else math.nan,
        "search_best_validation_f1": summary.search_validation_f1,
        "search_device_seconds": summary.cost.charged_device_seconds,
        "model_device_seconds": summary.cost.model_device_seconds,
    }


def _send_metrics(client: MlflowClient, run_id: str, values: dict[str, float]) -> None:
    metrics = [Metric(key, value, 0, 0) for key, value in values.items() if math.isfinite(value)]
    client.log_batch(run_id, metrics=metrics)


def _register(
    client: MlflowClient, run_id: str, winner: Winner, *, store: Store, name: str, card: str
) -> None:
    """Makes the winner's model a version of the study's registered model, once."""
    try:
        client.create_registered_model(name, description=card)
    except MlflowException:
        client.update_registered_model(name, description=card)
    versions = client.search_model_versions(f"name='{name}'")
    same = [one for one in versions if one.tags.get("trial_id") == winner.trial_id]
    version = same[0] if same else _new_version(client, run_id, winner, store=store, name=name)
    client.update_model_version(name, version.version, description=card)
    client.set_registered_model_alias(name, WINNER, version.version)


def _new_version(
    client: MlflowClient, run_id: str, winner: Winner, *, store: Store, name: str
) -> Any:
    folder = store.read_folder(f"models/{winner.trial_id}")
    if folder is not None:
        client.log_artifacts(run_id, str(folder), "model")
    source = f"{client.get_run(run_id).info.artifact_uri}/model"
    tags = {"trial_id": winner.trial_id, "arm": winner.arm}
    return client.create_model_version(name, source, run_id, tags=tags)
