"""Reads a study folder, finished or not, into one immutable value."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from upath import UPath

from trainables.results.result import TrialResult, from_json
from trainables.spec.stages import STAGES, Stage
from trainables.spec.trial_spec import GanFitSpec

Folder = Path | UPath


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """A strategy that the study compares."""

    name: str
    segmenter: str
    extra_data: str
    initial_weights: str

    @property
    def is_zero_shot(self) -> bool:
        """Whether the arm's pretrained weights are used as they are, without training."""
        return self.name.endswith("_zero_shot")

    def is_control_of(self, other: "Arm") -> bool:
        """Whether this is the other arm without its extra data."""
        return (
            (self.segmenter, self.initial_weights) == (other.segmenter, other.initial_weights)
            and self.extra_data == "none"
            and not self.is_zero_shot
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """All that the store knows, read once."""

    folder: Folder
    facts: Mapping[str, Any]
    """`study.json` as it is."""
    arms: tuple[Arm, ...]
    """In the order of the design."""
    results: tuple[TrialResult, ...] = field(repr=False)
    """Every readable result, oldest first."""
    unreadable: tuple[str, ...] = ()
    """Result files that could not be read, each with the reason."""
    refused: tuple[str, ...] = ()
    """Readable results that do not belong to this study, each with the reason."""

    @property
    def design(self) -> Mapping[str, Any]:
        return self.facts.get("design", {})

    @property
    def dataset(self) -> Mapping[str, Any]:
        return self.facts.get("dataset", {})

    @property
    def annotation_counts(self) -> tuple[int, ...]:
        return tuple(sorted(self.design.get("annotation_counts", ())))

    @property
    def ceiling_device_seconds(self) -> float:
        """What the search of each arm may take, all folds together; 0 where none was set."""
        each = float(self.design.get("device_seconds_ceiling") or 0)
        return each * int(self.design.get("folds", 1))

    def arm(self, name: str) -> Arm:
        return next(arm for arm in self.arms if arm.name == name)


def load_study(folder: Folder) -> Study:
    """Reads the study folder.

    Raises:
        ValueError: the folder holds no `study.json`, or one of another schema version.
    """
    path = folder / "study.json"
    if not path.exists():
        raise ValueError(
            f"A study folder must hold study.json, but {folder} does not: give the folder that "
            f"`study run` was given as --out."
        )
    facts = json.loads(path.read_text())
    if facts.get("schema") != 1:
        raise ValueError(
            f"study.json must have schema version 1, but {path} has {facts.get('schema')}: read "
            f"it with the version of the software that wrote it."
        )
    arms = tuple(_arm(raw) for raw in facts.get("design", {}).get("arms", ()))
    results, unreadable = _read_results(folder / "results")
    reasons = {result.trial_id: _foreign(result, facts, arms) for result in results}
    return Study(
        folder=folder,
        facts=facts,
        arms=arms,
        results=tuple(sorted((r for r in results if not reasons[r.trial_id]), key=_order)),
        unreadable=tuple(unreadable),
        refused=tuple(f"{name}: {reason}" for name, reason in reasons.items() if reason),
    )


def trials(
    study: Study, *, stage: Stage, arm: str = "", count: int = 0, status: str = ""
) -> list[TrialResult]:
    """The results of one stage; an empty or zero condition admits everything."""
    return [
        result
        for result in study.results
        if result.spec.stage == stage
        and arm in ("", arm_of(result))
        and count in (0, result.spec.data.annotation_count)
        and status in ("", result.status)
    ]


def scored_on_test(study: Study, arm: str = "", *, count: int = 0) -> list[TrialResult]:
    """The confirm trainings that were scored on the test images; conditions as in `trials`."""
    done = trials(study, stage="confirm", arm=arm, count=count, status="completed")
    return [result for result in done if result.test]


def searched(study: Study, arm: str) -> list[TrialResult]:
    """The search trials of an arm that were trained to their end and have a validation score."""
    done = trials(study, stage="search", arm=arm, status="completed")
    return [result for result in done if not math.isnan(result.validation_f1)]


def arm_of(result: TrialResult) -> str:
    """The arm of a trial; empty for a GAN fit, which serves several."""
    return "" if isinstance(result.spec, GanFitSpec) else result.spec.arm


def place(result: TrialResult) -> tuple[str, int, int, int]:
    """Split, annotation count, draw and seed: what trainings that are paired have in common."""
    data = result.spec.data
    return data.split, data.annotation_count, data.draw, result.spec.seed


def load_arrays(path: Folder) -> dict[str, np.ndarray] | None:
    """The arrays of a .npz file, or None where the file is absent."""
    if not path.exists():
        return None
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _arm(raw: Mapping[str, Any]) -> Arm:
    return Arm(
        name=raw["name"],
        segmenter=raw["segmenter"],
        extra_data=raw.get("extra_data", "none"),
        initial_weights=raw.get("initial_weights", "scratch"),
    )


def _foreign(result: TrialResult, facts: Mapping[str, Any], arms: tuple[Arm, ...]) -> str:
    """Why a result cannot be one of this study; empty where it can."""
    if STAGES[result.spec.stage].on_source:
        return ""
    split, made_on = facts.get("split", {}), result.spec.data.split
    own = split.get("hashes") or [split["hash"]] if split else []
    if own and made_on not in own:
        return f"it was made on split {made_on}, not on {' or '.join(own)}"
    if arm_of(result) not in {"", *(arm.name for arm in arms)}:
        return f"its arm {arm_of(result)!r} is not in the design"
    return ""


def _order(result: TrialResult) -> tuple[float, str]:
    return (result.cost.started_at if result.cost else float("inf"), result.trial_id)


def _read_results(folder: Folder) -> tuple[list[TrialResult], list[str]]:
    results: list[TrialResult] = []
    unreadable: list[str] = []
    paths: list[Folder] = list(folder.glob("*.json")) if folder.exists() else []
    for path in sorted(paths, key=lambda path: path.name):
        try:
            results.append(from_json(path.read_text()))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            unreadable.append(f"{path.name}: {_reason(error)}")
    return results, unreadable


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is no whole JSON file ({error})"
    return str(error) if isinstance(error, ValueError) else f"it is no result ({error!r})"
