import numpy as np
import torch

from tests.trainables.gan.cells import make_labels
from trainables.gan.architectures.relief import decode_relief, relief
from trainables.gan.conditioning import shape_maps
from trainables.metrics.scores import f1


def test_touching_cells_come_back_from_their_relief() -> None:
    labels = make_labels()
    maps = relief(torch.from_numpy(shape_maps(labels))[None])[0].numpy()
    assert maps.shape == (2, *labels.shape)
    assert maps.min() >= 0
    assert maps.max() <= 1
    decoded = decode_relief(maps)
    assert decoded.max() == labels.max() == 5  # two of them touch
    assert f1(labels, decoded) == 1.0


def test_no_cell_gives_no_cell() -> None:
    empty = torch.from_numpy(shape_maps(np.zeros((32, 32), np.int32)))[None]
    assert decode_relief(relief(empty)[0].numpy()).max() == 0
