"""What a training spends is counted from its own start."""

import sys

import numpy as np
import pytest

from trainables.results.cost import CostMeter
from trainables.results.result import Progress


class Clock:
    """Stands for the module `time`, and moves only when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def perf_counter(self) -> float:
        return 1000.0 + self.seconds

    def time(self) -> float:
        return 5000.0 + self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("trainables.results.cost.time", clock)
    return clock


def trained_to(seconds: float) -> Progress:
    """What a training reports whose own clock stands at these seconds."""
    return Progress(images_seen=320, device_seconds=seconds, validation_f1=0.5, loss=1.0)


def trained_for_30_of_45_seconds(clock: Clock) -> CostMeter:
    """A meter after 10 s of preparation, 30 s of training and 5 s of scoring."""
    meter = CostMeter()
    clock.seconds += 10
    with meter.fitting():
        clock.seconds += 30
    clock.seconds += 5
    return meter


def test_training_seconds_are_a_part_of_the_device_seconds(clock: Clock) -> None:
    cost = trained_for_30_of_45_seconds(clock).cost([trained_to(12.0), trained_to(28.0)])
    assert (cost.training_seconds, cost.device_seconds) == (30.0, 45.0)
    assert (cost.started_at, cost.ended_at) == (5000.0, 5045.0)


def test_a_trial_without_a_report_of_its_progress_costs_what_the_clock_says(clock: Clock) -> None:
    cost = trained_for_30_of_45_seconds(clock).cost()
    assert (cost.training_seconds, cost.device_seconds) == (30.0, 45.0)


def test_seconds_before_an_interruption_are_counted_once(clock: Clock) -> None:
    """50 s were trained before, and the training's clock, which is restored, ends at 80."""
    cost = trained_for_30_of_45_seconds(clock).cost([trained_to(62.0), trained_to(80.0)])
    assert (cost.training_seconds, cost.device_seconds) == (80.0, 10.0 + 80.0 + 5.0)


def test_several_trainings_and_one_that_fails_add_up(clock: Clock) -> None:
    meter = trained_for_30_of_45_seconds(clock)

    def fail() -> None:
        with meter.fitting():
            clock.seconds += 7
            raise MemoryError

    with pytest.raises(MemoryError):
        fail()
    cost = meter.cost()
    assert (cost.training_seconds, cost.device_seconds) == (37.0, 52.0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can count the peak anew")
def test_the_peak_of_an_earlier_training_in_the_process_is_forgotten() -> None:
    first = CostMeter()
    ballast = np.ones(2**27, np.uint8)  # 1/8 GiB
    with_ballast = first.cost().peak_gib
    del ballast
    assert CostMeter().cost().peak_gib < with_ballast - 0.1
