"""Results and listeners for tests of the search, which train nothing."""

from pathlib import Path
from typing import Any

import optuna

from study.design import ARMS, Study
from study.plan import Splits
from study.running.arm_search import ArmSearch, open_journal
from trainables.metrics.scores import THRESHOLDS
from trainables.results.image_score import Counts, ImageScore
from trainables.results.result import Cost, Progress, TrialResult
from trainables.results.score_table import score_table
from trainables.spec.trial_spec import Spec

SPLITS = Splits(main="main0", source="source0", source_count=4)


def ended(spec: Spec, *, f1: float = 0.5, seconds: float = 10.0, **changes: Any) -> TrialResult:
    """How a training might have ended: with this validation F1 on one image of 1000 cells."""
    found = round(1000 * f1)
    counts = [
        Counts(
            threshold=threshold,
            true_positives=found,
            false_positives=1000 - found,
            false_negatives=1000 - found,
            matched_iou=0.8 * found,
        )
        for threshold in THRESHOLDS
    ]
    score = ImageScore(
        sample_id="v",
        group="v",
        counts=tuple(counts),
        counts_without_border=tuple(counts),
        aji=0.0,
        aji_plus=0.0,
        dice=0.0,
        true_cells=1000,
        predicted_cells=1000,
        splits=0,
        merges=0,
    )
    values: dict[str, Any] = {
        "trial_id": spec.id,
        "spec": spec,
        "status": "completed",
        "validation": [score],
        "cost": Cost(
            device_seconds=seconds,
            training_seconds=seconds,
            started_at=0.0,
            ended_at=seconds,
            peak_gib=1.0,
            device="cpu",
        ),
    }
    values |= changes
    return TrialResult(**values | {"validation": score_table(values["validation"])})


def curve(*scores: float, images: int = 100) -> tuple[Progress, ...]:
    """Evaluations, evenly spaced."""
    return tuple(
        Progress(images_seen=images * place, device_seconds=place, validation_f1=f1, loss=0.0)
        for place, f1 in enumerate(scores, start=1)
    )


def arm_search(
    study: Study, name: str, storage: optuna.storages.BaseStorage, *, fold: str = ""
) -> ArmSearch:
    """The search of one arm."""
    return ArmSearch(study, ARMS[name], SPLITS, storage=storage, fold=fold)


def journal(folder: Path) -> optuna.storages.BaseStorage:
    """The storage that studies use, opened anew as by another process."""
    return open_journal(folder)


class Notes:
    """A listener that writes everything down."""

    def __init__(self) -> None:
        self.started: list[Spec] = []
        self.ended: list[TrialResult] = []

    def stage_started(self, stage: str, planned: dict[str, int]) -> None:
        """Not needed."""

    def trial_started(self, spec: Spec) -> None:
        self.started.append(spec)

    def trial_progressed(self, spec: Spec, *, images_seen: int, validation_f1: float) -> None:
        """Not needed."""

    def trial_ended(self, result: TrialResult) -> None:
        self.ended.append(result)
