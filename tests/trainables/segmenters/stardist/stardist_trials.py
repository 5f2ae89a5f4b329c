"""A StarDist small enough to be trained in a test. Import it before anything else of StarDist."""

from trainables.segmenters.stardist.segmenter import Stardist  # first: it starts TensorFlow

from trainables.segmenters.stardist import network as stardist_network  # isort: skip

from stardist.models import StarDist2D

from tests.trainables.segmenters.contract import simulated_sample
from trainables.results.result import Progress
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec, WeightsSpec
from trainables.training.contract import Extra, NoCheckpoints

SMALL = StardistSpec(rays=16, grid=2, depth=1, filters=4)
SHORT = TrainingSpec(images_seen=8, batch_size=2, evaluations=2, crop_px=32, learning_rate=1e-3)


def spec(
    *,
    segmenter: StardistSpec | UnetSpec = SMALL,
    training: TrainingSpec = SHORT,
    weights: WeightsSpec | None = None,
) -> TrialSpec:
    return TrialSpec(
        stage="search",
        arm="stardist",
        study_seed=1,
        seed=2,
        data=DataSpec(split="test", annotation_count=2, draw=0),
        segmenter=segmenter,
        training=training,
        weights=weights or WeightsSpec(),
    )


def fit(segmenter: Stardist, *, channels: int = 1) -> list[Progress]:
    reports: list[Progress] = []
    segmenter.fit(
        [simulated_sample("training", channels=channels)],
        extra=Extra(),
        validation=[simulated_sample("validation", channels=channels)],
        randomness=Randomness((1, 0, 2)),
        report=reports.append,
        checkpoints=NoCheckpoints(),
    )
    return reports


def model(*, spec: StardistSpec = SMALL, channels: int = 1) -> StarDist2D:
    return stardist_network.build(spec, channels=channels, training=SHORT, radius_px=8, seed=0)
