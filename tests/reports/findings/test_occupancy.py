"""How well the machines were used is read off the trainings' own times."""

import pytest

from reports.findings.occupancy import occupancy
from tests.specs import trial_of
from trainables.results.result import Cost, TrialResult


def ran(start: float, end: float) -> TrialResult:
    cost = Cost(
        device_seconds=end - start,
        training_seconds=end - start,
        started_at=start,
        ended_at=end,
        peak_gib=1.0,
        device="cpu",
    )
    return TrialResult(trial_id=f"{start}", spec=trial_of("search"), status="completed", cost=cost)


def test_side_by_side_alone_and_idle_add_up() -> None:
    # 0-4 and 1-3 overlap for 2 of 10 seconds; nothing runs from 4 to 6; 6-10 is alone.
    found = occupancy([ran(0, 4), ran(1, 3), ran(6, 10)])
    assert found is not None
    assert found.most_at_once == 2
    assert found.full_share == pytest.approx(0.2)
    assert found.idle_share == pytest.approx(0.2)


def test_two_workers_without_a_pause_are_always_busy() -> None:
    found = occupancy([ran(0, 5), ran(0, 3), ran(3, 10), ran(5, 10)])
    assert found is not None
    assert (found.most_at_once, found.full_share, found.idle_share) == (2, 1.0, 0.0)


def test_one_training_says_nothing() -> None:
    assert occupancy([ran(0, 5)]) is None
