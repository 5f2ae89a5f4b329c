import numpy as np
import torch
from cellpose import dynamics

from trainables.segmenters.cellpose.flows import flows_from_labels

CPU = torch.device("cpu")


def disc(labels: np.ndarray, *, row: float, column: float, radius_px: float, label: int) -> None:
    rows, columns = np.indices(labels.shape)
    labels[(rows - row) ** 2 + (columns - column) ** 2 <= radius_px**2] = label


def test_flows_of_a_disc_point_to_its_centre() -> None:
    labels = np.zeros((31, 31), np.int32)
    disc(labels, row=15, column=15, radius_px=10, label=1)
    flows = flows_from_labels(labels, device=CPU)
    rows, columns = np.nonzero(labels)
    away = np.hypot(rows - 15, columns - 15) > 1.5
    towards = np.stack([15 - rows, 15 - columns])[:, away]
    cosine = (flows[:, rows, columns][:, away] * towards / np.linalg.norm(towards, axis=0)).sum(0)
    assert flows.dtype == np.float32
    assert cosine.min() > 0.97
    assert np.allclose(np.linalg.norm(flows[:, rows, columns][:, away], axis=0), 1, atol=1e-5)


def test_background_and_unknown_pixels_have_no_flow() -> None:
    labels = np.zeros((20, 30), np.int32)
    disc(labels, row=9, column=9, radius_px=6, label=7)
    labels[:, 20:] = -1
    flows = flows_from_labels(labels, device=CPU)
    assert not flows[:, labels <= 0].any()
    assert flows[:, labels == 7].any()
    assert not flows_from_labels(np.zeros((8, 8), np.int32), device=CPU).any()


def test_cells_of_one_size_get_exactly_the_flows_of_cellpose() -> None:
    labels = np.zeros((40, 60), np.int32)
    disc(labels, row=12, column=12, radius_px=8, label=1)
    disc(labels, row=20, column=27, radius_px=8, label=2)  # they touch
    ours = flows_from_labels(labels, device=CPU)
    theirs, _ = dynamics.masks_to_flows_gpu(labels.astype(np.int64), device=CPU)
    np.testing.assert_array_equal(ours, theirs.astype(np.float32))


def test_flows_of_a_cell_do_not_depend_on_larger_ones_or_on_its_number() -> None:
    labels = np.zeros((60, 100), np.int32)
    disc(labels, row=10, column=10, radius_px=6, label=9)
    alone = flows_from_labels(labels, device=CPU)
    disc(labels, row=30, column=65, radius_px=28, label=4)
    together = flows_from_labels(labels, device=CPU)
    np.testing.assert_array_equal(together[:, labels == 9], alone[:, labels == 9])
    theirs, _ = dynamics.masks_to_flows_gpu((labels == 4).astype(np.int64), device=CPU)
    np.testing.assert_array_equal(
        together[:, labels == 4], theirs[:, labels == 4].astype(np.float32)
    )
