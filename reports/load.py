"""Reads a study folder, finished or not, into one immutable value."""

import io
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from upath import UPath

from reports.facts import Arm, DatasetFacts, Design, Facts, read_facts
from trainables.results.result import TrialResult
from trainables.spec.stages import STAGES, Stage
from trainables.spec.trial_spec import GanFitSpec
from trainables.wire.result_json import from_json

Folder = Path | UPath


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """All that the store knows, read once."""

    folder: Folder
    facts: Facts
    """What `study.json` says."""
    results: tuple[TrialResult, ...] = field(repr=False)
    """Every readable result, oldest first."""
    unreadable: tuple[str, ...] = ()
    """Result files that could not be read, each with the reason."""
    refused: tuple[str, ...] = ()
    """Readable results that do not belong to this study, each with the reason."""

    @property
    def design(self) -> Design:
        return self.facts.design

    @property
    def dataset(self) -> DatasetFacts:
        return self.facts.dataset

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms in the order of the design."""
        return self.design.arms

    @property
    def annotation_counts(self) -> tuple[int, ...]:
        """Ascending."""
        return self.design.annotation_counts

    @property
    def ceiling_device_seconds(self) -> float:
        """What the search of each arm may spend, all folds together; 0 where no ceiling was set."""
        return self.design.device_seconds_ceiling * self.design.folds

    def arm(self, name: str) -> Arm:
        return next(arm for arm in self.arms if arm.name == name)


def load_study(folder: Folder) -> Study:
    """Reads the study folder.

    Raises:
        ValueError: the folder holds no `study.json`, or one that cannot be read.
    """
    path = folder / "study.json"
    if not path.exists():
        raise ValueError(
            f"A study folder must hold study.json, but {folder} does not: give the folder that "
            f"`study run` was given as --out."
        )
    facts = read_facts(path)
    results, unreadable = _read_results(folder / "results")
    reasons = {result.trial_id: _foreign(result, facts) for result in results}
    return Study(
        folder=folder,
        facts=facts,
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
    """The search trials of an arm that were trained to the end and have a validation score."""
    done = trials(study, stage="search", arm=arm, status="completed")
    return [result for result in done if not math.isnan(result.validation_f1)]


def arm_of(result: TrialResult) -> str:
    """The arm of a trial; empty for a GAN fit, which serves several."""
    return "" if isinstance(result.spec, GanFitSpec) else result.spec.arm


def place(result: TrialResult) -> tuple[str, int, int, int]:
    """Split, annotation count, draw and seed: what paired trainings have in common."""
    data = result.spec.data
    return data.split, data.annotation_count, data.draw, result.spec.seed


def load_arrays(path: Folder) -> dict[str, np.ndarray] | None:
    """The arrays of a .npz file, or None where the file is absent."""
    if not path.exists():
        return None
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _foreign(result: TrialResult, facts: Facts) -> str:
    """Why a result cannot belong to this study; empty where it can."""
    if STAGES[result.spec.stage].on_source:
        return ""
    own, made_on = facts.split.hashes, result.spec.data.split
    if made_on not in own:
        return f"it was made on split {made_on}, not on {' or '.join(own)}"
    if arm_of(result) not in {"", *(arm.name for arm in facts.design.arms)}:
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
