"""What the search promised above the test, and how far the test may be off, by hand."""

import dataclasses
from pathlib import Path

import pytest

from reports.facts import Arm
from reports.findings.optimism import Optimism, optimism
from reports.load import Study, load_study
from reports.statistics.intervals import Interval
from reports.verdict.aggregate import ArmSummary, summarise_arm
from tests.reports.fake_study import FakeStudy, image_score
from trainables.results.result import Status, TrialResult
from trainables.results.score_table import ScoreTable, score_table
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.stages import Stage
from trainables.spec.trial_spec import DataSpec, TrialSpec

ARM = Arm(name="unet", segmenter="unet", extra_data="none", initial_weights="scratch")


def scored(f1: float) -> ScoreTable:
    """Two images of two groups; with 20 cells all multiples of 0.05 are met exactly."""
    return score_table([image_score(name, name, f1=f1, cells=20) for name in ("a", "b")])


def result(
    trial_id: str, *, stage: Stage, draw: int, validation: float, status: Status = "completed"
) -> TrialResult:
    return TrialResult(
        trial_id=trial_id,
        spec=TrialSpec(
            stage=stage,
            arm="unet",
            study_seed=0,
            seed=0,
            data=DataSpec(split="s", annotation_count=10, draw=draw),
            segmenter=UnetSpec(),
        ),
        status=status,
        validation=scored(validation),
        test=scored(0.6) if stage == "confirm" else score_table(),
    )


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Three search trials, one of them stopped; two confirm trainings, 0.75 and 0.65."""
    plain = (("unet", "unet", "none", "scratch"),)
    fake = FakeStudy(arms=plain, draws=(1, 2), stop_after="start", pictures=False)
    return dataclasses.replace(
        load_study(fake.write(tmp_path / "study")),
        results=(
            result("s1", stage="search", draw=0, validation=0.8),
            result("s2", stage="search", draw=0, validation=0.9),
            result("s3", stage="search", draw=0, validation=1.0, status="pruned"),
            result("c1", stage="confirm", draw=1, validation=0.75),
            result("c2", stage="confirm", draw=2, validation=0.65),
        ),
    )


def measured(study: Study, f1: Interval | None) -> list[Optimism]:
    """The optimism of the arm where its test score is known to lie in an interval."""
    summary: ArmSummary = summarise_arm(study, ARM, count=10)
    return optimism(study, [dataclasses.replace(summary, f1=f1)], count=10)


def test_optimism_is_the_search_minus_the_test_and_takes_over_its_interval(study: Study) -> None:
    """Best completed search trial 0.9; the test is 0.6, as low as 0.5 or as high as 0.625."""
    (found,) = measured(study, Interval(estimate=0.6, low=0.5, high=0.625, error=None))
    assert (found.arm, found.trials) == ("unet", 2)
    assert found.search_f1 == pytest.approx(0.9)
    assert found.confirm_validation_f1 == pytest.approx(0.7)
    assert found.optimism == pytest.approx(0.3)
    assert found.low == pytest.approx(0.9 - 0.625)
    assert found.high == pytest.approx(0.9 - 0.5)
    assert found.chosen_best == pytest.approx(0.2)
    assert found.validation_easier == pytest.approx(0.1)  # the two parts add up to 0.3


def test_an_arm_without_a_test_score_or_a_search_is_left_out(study: Study) -> None:
    assert measured(study, None) == []
    without_search = dataclasses.replace(study, results=study.results[3:])
    assert measured(without_search, Interval(estimate=0.6, low=0.5, high=0.7, error=None)) == []
