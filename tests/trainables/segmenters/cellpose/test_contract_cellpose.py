from tests.trainables.segmenters.contract import SegmenterContract
from trainables.spec.trial_spec import CellposeSpec


class TestCompactCellpose(SegmenterContract):
    segmenter = CellposeSpec(backbone="compact", encoder="resnet18")
