import pytest

from trainables.results.result import Progress
from trainables.spec.training_spec import TrainingSpec
from trainables.training.clock import (
    evaluation_steps,
    images_seen,
    is_worth_keeping,
    progress_before,
)


def test_evaluations_are_evenly_spaced_and_the_last_is_at_the_end():
    training = TrainingSpec(images_seen=800, batch_size=8, evaluations=4)
    assert evaluation_steps(training) == [25, 50, 75, 100]


def test_uneven_evaluations_still_end_at_the_last_step():
    training = TrainingSpec(images_seen=56, batch_size=8, evaluations=3)
    assert evaluation_steps(training) == [2, 5, 7]


@pytest.mark.parametrize("evaluations", [1, 2, 7, 13])
def test_every_evaluation_has_its_own_step(evaluations):
    training = TrainingSpec(images_seen=13 * 4, batch_size=4, evaluations=evaluations)
    steps = evaluation_steps(training)
    assert len(set(steps)) == evaluations
    assert steps[0] >= 1
    assert steps[-1] == training.steps


def test_images_seen_counts_whole_batches():
    assert images_seen(TrainingSpec(batch_size=8), 25) == 200


def test_progress_starts_at_zero_and_stays_below_one():
    training = TrainingSpec(images_seen=80, batch_size=8, evaluations=1)
    assert progress_before(training, 1) == 0
    assert progress_before(training, training.steps) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ([0.1, 0.5, 0.7], 2),
        ([0.7, 0.5, 0.3], 0),
        ([0.90, 0.89, 0.885], 2),
        # Each is near the one before, but the last is clearly below the first.
        ([0.90, 0.885, 0.87], 1),
    ],
)
def test_later_weights_are_kept_unless_earlier_ones_were_clearly_better(
    scores: list[float], kept: int
) -> None:
    progress = [
        Progress(images_seen=n, device_seconds=n, validation_f1=score, loss=0.0)
        for n, score in enumerate(scores)
    ]
    worth = [is_worth_keeping(score, progress[:n]) for n, score in enumerate(scores)]
    assert max(n for n, keep in enumerate(worth) if keep) == kept
