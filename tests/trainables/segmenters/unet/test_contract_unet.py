from tests.trainables.segmenters.contract import SegmenterContract
from trainables.segmenters.unet.settings import UnetSpec


class TestUnet(SegmenterContract):
    segmenter = UnetSpec(encoder="resnet18", depth=3)
