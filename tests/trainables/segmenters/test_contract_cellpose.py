from tests.trainables.segmenters.contract import SegmenterContract
from trainables.spec import CellposeSpec


class TestCompactCellpose(SegmenterContract):
    segmenter = CellposeSpec(backbone="compact", encoder="resnet18")
