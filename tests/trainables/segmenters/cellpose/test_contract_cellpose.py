from tests.trainables.segmenters.contract import SegmenterContract
from trainables.segmenters.cellpose.settings import CellposeSpec


class TestCompactCellpose(SegmenterContract):
    segmenter = CellposeSpec(backbone="compact", encoder="resnet18")
