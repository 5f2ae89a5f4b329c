"""A training that breaks is stored as failed, with a reason that says what to do, and its cost."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from study.store import Store
from tests.trainables.gan.cells import make_samples
from tests.trainables.segmenters.contract import simulated_sample
from trainables import ray_trainable
from trainables.data.sample import Sample
from trainables.data.trial_data import TrialData
from trainables.gan.fitting import health
from trainables.results.result import TrialResult
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.gan_spec import GanSpec
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, GanFitSpec, Spec, TrialSpec
from trainables.training.contract import NoCheckpoints

DATA = DataSpec(split="s", annotation_count=2, draw=0)


def run(
    spec: Spec,
    monkeypatch: pytest.MonkeyPatch,
    *,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    store: Store | None = None,
) -> TrialResult:
    """Runs a spec as Ray does, on these samples."""
    data = TrialData(training=training, validation=validation)
    monkeypatch.setattr(ray_trainable, "trial_data", lambda *given: data)
    monkeypatch.setattr(ray_trainable, "_report", lambda progress: None)
    inputs: Any = SimpleNamespace(store=store, example_ids=(), example_trials=())
    return ray_trainable._run_or_fail(spec, inputs, NoCheckpoints())


def test_a_learning_rate_that_diverges_is_stored_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = TrialSpec(
        stage="search",
        arm="unet",
        study_seed=0,
        seed=0,
        data=DATA,
        segmenter=UnetSpec(depth=3),
        training=TrainingSpec(
            images_seen=64, batch_size=2, crop_px=64, evaluations=1, learning_rate=1e30
        ),
    )

    result = run(
        spec,
        monkeypatch,
        training=[simulated_sample("a")],
        validation=[simulated_sample("b")],
    )

    assert result.status == "failed"
    assert result.trial_id == spec.id
    first = result.reason.splitlines()[0]
    assert "The loss must stay finite, but it became" in first
    assert "lower the learning rate" in first
    assert result.environment["torch"]


@pytest.mark.parametrize(
    ("rate", "smallest_variety", "why"),
    [
        (1e30, health.SMALLEST_VARIETY, "TrainingDiverged: The losses of a GAN must stay finite"),
        (0.0, 1e3, "GanCollapsed: Painted crops must differ"),  # a bound that no GAN can meet
    ],
    ids=["diverged", "collapsed"],
)
def test_a_gan_that_breaks_is_stored_with_its_reason_and_without_a_pool(
    rate: float,
    smallest_variety: float,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    monkeypatch.setattr(health, "SMALLEST_VARIETY", smallest_variety)
    monkeypatch.setattr("trainables.gan.fitting.course.SETTLED_STEPS", 0)
    gan = GanSpec(width=4, images_seen=8, batch_size=2, crop_px=32, pool_size=4, learning_rate=rate)
    spec = GanFitSpec(study_seed=0, seed=0, data=DATA, gan=gan)
    samples, store = make_samples(channels=1, count=2), Store(tmp_path)

    result = run(spec, monkeypatch, training=samples[:1], validation=samples[1:], store=store)

    assert (result.status, result.trial_id) == ("failed", spec.id)
    assert why in result.reason.splitlines()[0]
    assert not store.has_folder(f"gans/{spec.id}")
    assert result.cost is not None
    assert result.cost.device_seconds > 0
    assert bool(result.progress) == (rate == 0)  # the other one broke before its first report
    assert all(step.device_seconds <= result.cost.device_seconds for step in result.progress)
