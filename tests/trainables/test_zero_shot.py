"""A trial that trains nothing: pretrained weights as they are, thresholds tuned on validation."""

from pathlib import Path

import torch

from tests.trainables.segmenters.contract import simulated_sample
from trainables.data.trial_data import TrialData
from trainables.models.model import Model
from trainables.segmenters.cellpose.segmenter import Cellpose
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec, WeightsSpec
from trainables.training.contract import NoCheckpoints
from trainables.trial import run_trial

SPEC = TrialSpec(
    stage="confirm",
    arm="cellpose_zero_shot",
    study_seed=1,
    seed=0,
    data=DataSpec(split="test", annotation_count=2, draw=0),
    segmenter=CellposeSpec(backbone="compact"),
    training=TrainingSpec(images_seen=0),
    weights=WeightsSpec(kind="pretrained", origin="source", name="somewhere"),
    threshold_tries=6,
)


def test_a_model_that_is_not_trained_keeps_its_weights_costs_no_training_and_is_scored(
    tmp_path: Path,
) -> None:
    source = Cellpose(SPEC, channels=1)
    with torch.no_grad():  # a network that takes bright pixels for cells
        source._network.segmentation_head[0].weight.mul_(3.0)
    source.save(tmp_path)
    kept: list[Model] = []

    result = run_trial(
        SPEC,
        TrialData(
            training=[simulated_sample("training")],
            validation=[simulated_sample("validation")],
            test=[simulated_sample("test")],
            weights=tmp_path,
        ),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        keep_model=kept.append,
    )

    assert result.status == "completed"
    assert result.progress == ()
    assert result.cost is not None
    assert result.cost.training_seconds == 0
    assert result.cost.device_seconds > 0
    assert set(result.thresholds) == {"cellprob", "flow", "smallest_px", "niter"}
    assert result.test.sample_ids == ("test",)
    weights = torch.load(tmp_path / "network.pt", weights_only=True)
    ours = kept[0].segmenter._network.state_dict()  # type: ignore[attr-defined]
    assert all(torch.equal(ours[name], value) for name, value in weights.items())
