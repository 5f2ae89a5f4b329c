"""Events that the stages report as they go; the display and the tracking listen."""

from collections.abc import Sequence
from typing import Protocol

from trainables.results.result import TrialHead, TrialResult
from trainables.spec.stages import Stage
from trainables.spec.trial_spec import GanFitSpec, Spec


class Listener(Protocol):
    """Is notified of everything that happens in a study; must return at once and never raise."""

    def stage_started(self, stage: Stage, planned: dict[str, int]) -> None:
        """A stage begins; `planned` says how many trainings of each row are still to come."""

    def trial_started(self, spec: Spec) -> None:
        """A training begins."""

    def trial_progressed(self, spec: Spec, *, images_seen: int, validation_f1: float) -> None:
        """A training has been evaluated."""

    def trial_ended(self, result: TrialResult) -> None:
        """A training has ended, one way or another; its result is in the store."""


class Listeners:
    """Several listeners as one."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners

    def stage_started(self, stage: Stage, planned: dict[str, int]) -> None:
        for listener in self._listeners:
            listener.stage_started(stage, planned)

    def trial_started(self, spec: Spec) -> None:
        for listener in self._listeners:
            listener.trial_started(spec)

    def trial_progressed(self, spec: Spec, *, images_seen: int, validation_f1: float) -> None:
        for listener in self._listeners:
            listener.trial_progressed(spec, images_seen=images_seen, validation_f1=validation_f1)

    def trial_ended(self, result: TrialResult) -> None:
        for listener in self._listeners:
            listener.trial_ended(result)


def row(spec: Spec) -> str:
    """The row of the progress table that a training belongs to: its arm, or `gan`."""
    return "gan" if isinstance(spec, GanFitSpec) else spec.arm


def row_of(result: TrialResult | TrialHead) -> str:
    """The row of a training that has ended."""
    return row(result.spec)
