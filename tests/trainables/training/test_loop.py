import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.test_house import loaded
from trainables.results.result import Progress
from trainables.spec.training_spec import TrainingSpec
from trainables.training.contract import Checkpoints, NoCheckpoints
from trainables.training.loop import run
from trainables.training.validation_course import ValidationCourse

TRAINING = TrainingSpec(images_seen=40, batch_size=4, evaluations=5)
"""Ten steps, evaluated after every second one."""


class Counter:
    """An engine whose one weight is the number of steps taken; the loss of a step is its number."""

    def __init__(self, *, pauses: bool = True) -> None:
        self.weight = 0
        self.kept = -1
        self.is_scored = False
        self.asked: list[tuple[int, int]] = []
        """What `advance` was called with."""
        self._pauses = pauses

    def advance(self, step: int, *, end: int) -> tuple[int, float]:
        self.asked.append((step, end))
        reached = step + 1 if self._pauses else end
        taken = range(step + 1, reached + 1)
        self.weight += len(taken)
        return reached, sum(taken) / len(taken)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        self.is_scored = True
        yield
        self.is_scored = False

    def keep(self) -> None:
        assert self.is_scored
        self.kept = self.weight

    def restore_kept(self) -> None:
        self.weight = self.kept

    def write(self, folder: Path) -> None:
        (folder / "counter.json").write_text(json.dumps([self.weight, self.kept]))

    def read(self, folder: Path) -> None:
        self.weight, self.kept = json.loads((folder / "counter.json").read_text())


class Pausing:
    """Checkpoints that are due after some pause, and then end the process as a kill would."""

    def __init__(self, folder: Path, *, at: int) -> None:
        self.pauses = 0
        self._folder, self._at = folder, at

    def due(self) -> bool:
        self.pauses += 1
        return self.pauses == self._at

    def save(self, write: Callable[[Path], None]) -> None:
        write(self._folder)
        raise KeyboardInterrupt

    def load(self) -> Path | None:
        return self._folder if any(self._folder.iterdir()) else None


def trained(
    engine: Counter,
    *,
    scores: dict[int, float] | None = None,
    training: TrainingSpec = TRAINING,
    checkpoints: Checkpoints | None = None,
) -> list[Progress]:
    """What is reported where validation scores follow from the number of steps taken."""
    reports: list[Progress] = []

    def evaluate() -> float:
        assert engine.is_scored
        return (scores or {}).get(engine.weight, 0.5)

    course = ValidationCourse(training, evaluate=evaluate)
    run(engine, course, report=reports.append, checkpoints=checkpoints or NoCheckpoints())
    return reports


def timeless(reports: list[Progress]) -> list[Progress]:
    return [dataclasses.replace(entry, device_seconds=0.0) for entry in reports]


@pytest.mark.parametrize("pauses", [True, False])
def test_losses_reported_are_means_since_the_evaluation_before(pauses: bool) -> None:
    reports = trained(Counter(pauses=pauses))
    assert [entry.images_seen for entry in reports] == [8, 16, 24, 32, 40]
    assert [entry.loss for entry in reports] == [1.5, 3.5, 5.5, 7.5, 9.5]


def test_an_engine_is_told_where_the_next_evaluation_is() -> None:
    engine = Counter()
    trained(engine, training=dataclasses.replace(TRAINING, images_seen=20, evaluations=2))
    assert engine.asked == [(0, 2), (1, 2), (2, 5), (3, 5), (4, 5)]


def test_training_ends_with_the_best_weights_and_of_near_ones_with_the_later() -> None:
    engine = Counter()
    reports = trained(engine, scores={2: 0.1, 4: 0.71, 6: 0.3, 8: 0.7, 10: 0.6})
    assert [entry.validation_f1 for entry in reports] == [0.1, 0.71, 0.3, 0.7, 0.6]
    assert engine.weight == 8


def test_patience_ends_a_training_that_no_longer_gets_better() -> None:
    engine = Counter()
    reports = trained(
        engine,
        training=dataclasses.replace(TRAINING, patience=2),
        scores={2: 0.3, 4: 0.5, 6: 0.4, 8: 0.5, 10: 0.9},
    )
    assert [entry.validation_f1 for entry in reports] == [0.3, 0.5, 0.4, 0.5]
    assert engine.asked[-1] == (7, 8)


def test_nothing_to_train_is_nothing_to_report() -> None:
    engine = Counter()
    assert trained(engine, training=dataclasses.replace(TRAINING, images_seen=0)) == []
    assert engine.asked == []


@pytest.mark.parametrize(("pauses", "count"), [(True, 10), (False, 5)])
def test_checkpoints_may_be_taken_wherever_the_engine_pauses(
    pauses: bool, count: int, tmp_path: Path
) -> None:
    checkpoints = Pausing(tmp_path, at=0)
    trained(Counter(pauses=pauses), checkpoints=checkpoints)
    assert checkpoints.pauses == count


@pytest.mark.parametrize("at", [1, 2, 3, 7, 8, 10])
def test_going_on_from_any_pause_gives_the_same_reports_and_weights(
    at: int, tmp_path: Path
) -> None:
    training = dataclasses.replace(TRAINING, patience=2)
    scores = {2: 0.3, 4: 0.9, 6: 0.4, 8: 0.95, 10: 0.2}
    whole, first, second = Counter(), Counter(), Counter()
    expected = trained(whole, training=training, scores=scores)
    checkpoints = Pausing(tmp_path, at=at)
    with pytest.raises(KeyboardInterrupt):
        trained(first, training=training, scores=scores, checkpoints=checkpoints)
    reports = trained(second, training=training, scores=scores, checkpoints=checkpoints)
    assert timeless(reports) == timeless(expected)
    assert (second.weight, second.kept) == (whole.weight, whole.kept) == (8, 8)
    assert second.asked == whole.asked[at:]


def test_a_checkpoint_of_software_of_before_is_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "training.pt").write_bytes(b"of another loop")
    fresh, other = Counter(), Counter()
    reports = trained(fresh)
    again = trained(other, checkpoints=Pausing(tmp_path, at=99))
    assert timeless(again) == timeless(reports)
    assert other.asked == fresh.asked


def test_seconds_are_of_steps_and_evaluations_alone_and_go_on_after_an_interruption(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By a clock that ticks at each look, twice a step and twice an evaluation."""
    ticks = iter(range(1000))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))
    checkpoints = Pausing(tmp_path, at=3)
    with pytest.raises(KeyboardInterrupt):
        trained(Counter(), checkpoints=checkpoints)
    next(ticks)
    reports = trained(Counter(), checkpoints=checkpoints)
    assert [entry.device_seconds for entry in reports] == [3, 6, 9, 12, 15]


def test_the_loop_and_its_course_know_no_framework() -> None:
    frameworks = ("torch", "tensorflow", "keras")
    for module in ("loop", "validation_course"):
        assert loaded(f"trainables.training.{module}", frameworks) == []
