from typing import ClassVar

from tests.trainables.segmenters.contract import SegmenterContract
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.spec.training_spec import TrainingSpec


class TestStardist(SegmenterContract):
    segmenter = StardistSpec(rays=8, grid=2, depth=1, filters=8)
    training: ClassVar[TrainingSpec] = TrainingSpec(
        images_seen=96, batch_size=4, evaluations=3, crop_px=64, learning_rate=5e-3
    )
