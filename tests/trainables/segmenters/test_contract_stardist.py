from tests.trainables.segmenters.contract import SegmenterContract
from trainables.spec import StardistSpec


class TestStardist(SegmenterContract):
    segmenter = StardistSpec(rays=16, grid=2, depth=2, filters=8)
