"""What a trial leaves behind: numbers that go into the store as JSON and come back the same."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

from trainables.results.score_table import (
    ScoreTable,
    score_table,
)
from trainables.spec.trial_spec import GanFitSpec, Spec, TrialSpec

Status = Literal["completed", "pruned", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a training has come, at one evaluation."""

    images_seen: int
    """Crops that the optimiser has been shown so far."""
    device_seconds: float
    """Seconds of training and evaluation so far, times the devices used."""
    validation_f1: float
    """Mean over validation images of instance F1 at IoU 0.5, with the thresholds in force."""
    loss: float
    """Mean training loss since the evaluation before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a trial spent."""

    device_seconds: float
    """Seconds the trial held its device, all included, times the devices used."""
    training_seconds: float
    """Of these, the seconds spent fitting the segmenter or GAN."""
    started_at: float
    """Unix time in seconds."""
    ended_at: float
    """Unix time in seconds."""
    peak_gib: float
    """Largest resident memory of the process (on a GPU: of the device), in GiB."""
    device: str
    """`cpu`, or the GPU's name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialResult:
    """All that is known about one trial after it ended."""

    trial_id: str
    """Hash of the spec, as the software that ran the trial knew it."""
    spec: Spec
    status: Status
    reason: str = ""
    """Why it was pruned or failed; empty when it completed."""
    progress: tuple[Progress, ...] = ()
    thresholds: dict[str, float] = dataclasses.field(default_factory=dict)
    validation: ScoreTable = dataclasses.field(default_factory=score_table)
    test: ScoreTable = dataclasses.field(default_factory=score_table)
    """Empty in every stage that may not see the test images."""
    synthesis: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Of a GAN fit: its end, share dropped, distances; of a trial with extra data: its pool."""
    cost: Cost | None = None
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    """Versions, commit and machine of the process that ran it."""

    @property
    def trial(self) -> TrialSpec:
        """The spec of the trial.

        Raises:
            ValueError: it is a GAN fit.
        """
        return _trial_of(self)

    @property
    def gan_fit(self) -> GanFitSpec:
        """The spec of the GAN fit.

        Raises:
            ValueError: it is a trial.
        """
        if isinstance(self.spec, GanFitSpec):
            return self.spec
        raise ValueError(f"{self.trial_id} is a trial of the stage {self.spec.stage}, no GAN fit.")

    @property
    def validation_f1(self) -> float:
        """The selection metric: mean validation F1 with tuned thresholds; NaN if never scored."""
        return mean_f1(self.validation)

    @property
    def test_f1(self) -> float:
        """Mean over test images of instance F1 at IoU 0.5; NaN where test was not scored."""
        return mean_f1(self.test)


def mean_f1(scores: ScoreTable) -> float:
    """Mean over images of instance F1 at IoU 0.5; NaN for no image."""
    return sum(scores.f1.tolist()) / len(scores) if len(scores) else math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialHead:
    """What a progress table needs of a result, read without its scores image by image."""

    trial_id: str
    spec: Spec
    status: Status
    validation_f1: float
    """NaN if never scored."""
    device_seconds: float
    """0 where nothing was measured."""

    @property
    def trial(self) -> TrialSpec:
        """The spec of the trial.

        Raises:
            ValueError: it is a GAN fit.
        """
        return _trial_of(self)


def _trial_of(result: TrialResult | TrialHead) -> TrialSpec:
    if isinstance(result.spec, TrialSpec):
        return result.spec
    raise ValueError(f"{result.trial_id} is a GAN fit, which has no arm and no segmenter.")
