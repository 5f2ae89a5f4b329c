from tests.trainables.segmenters.contract import SegmenterContract
from trainables.spec.trial_spec import UnetSpec


class TestUnet(SegmenterContract):
    segmenter = UnetSpec(encoder="resnet18", depth=3)
