"""A training that breaks is stored as failed, with a reason that says what to do."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.trainables.segmenters.contract import simulated_sample
from trainables import ray_trainable
from trainables.segmenters.protocol import NoCheckpoints
from trainables.spec import DataSpec, TrainingSpec, TrialSpec, UnetSpec


def test_a_learning_rate_that_diverges_is_stored_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples = [simulated_sample("a")], [simulated_sample("b")]
    monkeypatch.setattr(ray_trainable, "annotated_samples", lambda *given: samples)
    monkeypatch.setattr(ray_trainable, "_unlabelled_samples", lambda *given: [])
    split = SimpleNamespace(draw=lambda **choice: None)
    inputs: Any = SimpleNamespace(
        store=None,
        data={"s": SimpleNamespace(split=split, samples={})},
        example_ids=(),
        example_trials=(),
        size_edges_px=(),
    )
    spec = TrialSpec(
        stage="search",
        arm="unet",
        study_seed=0,
        seed=0,
        data=DataSpec(split="s", annotation_count=2, draw=0),
        segmenter=UnetSpec(depth=3),
        training=TrainingSpec(
            images_seen=64, batch_size=2, crop_px=64, evaluations=1, learning_rate=1e30
        ),
    )

    result = ray_trainable._run_or_fail(spec, inputs, NoCheckpoints())

    assert result.status == "failed"
    assert result.trial_id == spec.id
    first = result.reason.splitlines()[0]
    assert "The loss must stay finite, but it became" in first
    assert "lower the learning rate" in first
    assert result.environment["torch"]
