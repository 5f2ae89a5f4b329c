"""The study's own file: what was declared, on which data and where; basis of the report."""

import dataclasses
import json
import time
from typing import Any

from study.design import ARMS, Study, to_dict
from study.inputs.data import StudyData, describe, describe_splits
from study.inputs.initial_weights import STUDY_FILE
from study.inputs.weights_facts import describe_weights
from study.plan import Splits, source_fit
from study.store import Store
from trainables.machine.downloads import file_sha256
from trainables.machine.environment import environment
from trainables.segmenters.families import FAMILIES, packages_of_families

SCHEMA_VERSION = 1
FEW_TEST_GROUPS = 8
"""With fewer independent test groups than this, the report warns."""


def refuse_other_study(study: Study, store: Store) -> None:
    """Refuses to mix two studies in one folder.

    Raises:
        ValueError: the folder holds a study that was declared differently.
    """
    text = store.read_text(STUDY_FILE)
    if text is None:
        return
    kept = json.loads(text)
    if kept["hash"] == study.hash:
        return
    changed = sorted(
        name for name, value in to_dict(study).items() if kept["study"].get(name) != value
    )
    raise ValueError(
        f"{store.root} holds another study: it differs in {', '.join(changed)}. Choose another "
        f"folder with --out, or repeat the command that began it: {kept['command']}"
    )


def write_study_file(
    study: Study,
    as_fitted: Study,
    *,
    data: StudyData,
    source: StudyData | None,
    weight_hashes: dict[str, str],
    command: str,
    store: Store,
) -> None:
    """Writes `study.json`, which a resumed study keeps (but see `note_source_weights`).

    Args:
        study: as declared.
        as_fitted: as it runs on these data.
        data: the data set under study.
        source: the second data set, where weights are trained on one.
        weight_hashes: of the files of weights that arms start from, by segmenter.
        command: that began the study.
        store: of the study.
    """
    facts = study_facts(
        study,
        as_fitted,
        data=data,
        source=source,
        weight_hashes=weight_hashes,
        command=command,
        created_at=time.time(),
        environment=environment(packages_of_families()),
    )
    store.write_text(STUDY_FILE, json.dumps(facts, indent=1))


def study_facts(
    study: Study,
    as_fitted: Study,
    *,
    data: StudyData,
    source: StudyData | None,
    weight_hashes: dict[str, str],
    command: str,
    created_at: float,
    environment: dict[str, str],
) -> dict[str, Any]:
    """What `study.json` says, ready for JSON.

    Args:
        study: as declared.
        as_fitted: as it runs on these data.
        data: the data set under study.
        source: the second data set, where weights are trained on one.
        weight_hashes: of the files of weights that arms start from, by segmenter.
        command: that began the study.
        created_at: when it began, in seconds since 1970.
        environment: versions and machine.
    """
    return {
        "schema": SCHEMA_VERSION,
        "name": study.name,
        "hash": study.hash,
        "command": command,
        "created_at": created_at,
        "study": to_dict(study),
        "design": describe_design(as_fitted, folds=len(data.splits)),
        "dataset": describe(data),
        "source": describe(source) if source else None,
        "split": describe_splits(data.splits),
        "weights": [
            describe_weights(study, name, data=data, source=source, hashes=weight_hashes)
            for name in study.arms
            if _is_transfer(name)
        ],
        "environment": environment,
        "warnings": warnings(as_fitted, data),
    }


def note_source_weights(study: Study, splits: Splits, store: Store) -> None:
    """Adds to `study.json` the hashes of the models trained on the source, where there are any.

    Args:
        study: as it runs on its data.
        splits: of its data.
        store: of the study.
    """
    text = store.read_text(STUDY_FILE)
    if text is None:
        return
    about = json.loads(text)
    for entry in about["weights"]:
        if entry["origin"] == "source" and not entry["sha256"]:
            source = source_fit(study, ARMS[entry["arm"]].segmenter, splits)
            entry["sha256"] = _model_sha256(store, source.id)
    if about != json.loads(text):
        store.write_text(STUDY_FILE, json.dumps(about, indent=1))


def describe_design(study: Study, *, folds: int) -> dict[str, Any]:
    """What the report says about the design.

    Args:
        folds: 1 for a single split.
    """
    return {
        "arms": [
            {
                "name": arm.name,
                "segmenter": arm.segmenter,
                "extra_data": arm.extra_data,
                "initial_weights": arm.initial_weights,
                "is_trained": arm.is_trained,
            }
            for arm in (ARMS[name] for name in study.arms)
        ],
        "annotation_counts": list(study.annotation_counts),
        "search_draws": [study.search_draw],
        "confirm_draws": list(study.draws),
        "confirm_seeds": list(study.seeds),
        "folds": folds,
        "ablate": [dataclasses.asdict(factor) for factor in study.ablate],
        "ablate_draws": list(study.draws[: study.ablate_draws]) if study.ablate else [],
        "search_trials": study.search_trials,
        "device_seconds_ceiling": study.search_device_seconds,
        "threshold_tries": study.threshold_tries,
        "study_seed": study.seed,
        "budget_seconds": study.budget_seconds,
        "left_out": list(study.left_out),
    }


def warnings(study: Study, data: StudyData) -> list[str]:
    """What a reader should know about the design before trusting its numbers."""
    first = data.splits[0]
    said = [_folds_told(data)] if len(data.splits) > 1 else []
    if study.left_out:
        said.append(
            f"To fit a budget of {study.budget_seconds / 3600:.3g} h, these were left out: "
            f"{'; '.join(study.left_out)}."
        )
    groups = {first.groups[name] for split in data.splits for name in split.test_ids}
    if len(groups) < FEW_TEST_GROUPS:
        said.append(
            f"The test images are of only {len(groups)} independent group"
            f"{'s' if len(groups) != 1 else ''}: intervals over images are rough."
        )
    if len(study.draws) < 3:
        said.append(
            "With fewer than 3 draws, the luck of which images were annotated is hardly measured."
        )
    drawn = [
        split.draw(annotation_count=study.search_count, draw=draw)
        for split in data.splits
        for draw in study.draws
    ]
    if any(annotated.shared_group for annotated in drawn):
        said.append("All annotated images are of one group, so validation scores are optimistic.")
    if first.dropped:
        said.append(
            f"{first.dropped} annotated images were left out: they are near-duplicates of "
            f"test images."
        )
    return said


def _model_sha256(store: Store, trial_id: str) -> str:
    """Hash of the weights of a kept model; empty where there is none."""
    names = dict.fromkeys(family.weights.files[0] for family in FAMILIES.values())
    files = (store.root / "models" / trial_id / name for name in names)
    return next((file_sha256(file) for file in files if file.exists()), "")


def _folds_told(data: StudyData) -> str:
    folds = data.splits
    sizes = sorted({len(fold.annotation_ids) for fold in folds})
    most = " or ".join(map(str, sizes))
    return (
        f"With {len(data.dataset.entries)} annotated images there is no test side: the study was "
        f"made {len(folds)} times, each time without the images of one of {len(folds)} grouped "
        f"folds, which were then tested. Each fold has a search of its own, which saw none of its "
        f"test images. Trainings could use at most {most} annotated images; the choices of them "
        f"overlap, so the luck of which images were annotated is measured in part only."
    )


def _is_transfer(arm_name: str) -> bool:
    return ARMS[arm_name].initial_weights == "pretrained"
