import numpy as np
import pytest
import torch
from cellpose.dynamics import resize_and_compute_masks
from scipy.ndimage import gaussian_filter

from trainables.segmenters.cellpose import decoding as cellpose_decoding
from trainables.segmenters.cellpose.decoding import (
    THRESHOLD_VALUES,
    CellposeInference,
    decode_flows,
)
from trainables.segmenters.cellpose.flows import flows_from_labels

CPU = torch.device("cpu")
DEFAULTS = {name: values[0] for name, values in THRESHOLD_VALUES.items()}


def inference_of(labels: np.ndarray, *, noise: float = 0.0) -> CellposeInference:
    """What a perfect network would say, or one that errs smoothly."""
    rng = np.random.default_rng(0)
    maps = np.concatenate([5 * flows_from_labels(labels, device=CPU), 8.0 * (labels > 0)[None] - 4])
    errors = gaussian_filter(rng.normal(size=maps.shape), (0, 2, 2)) * noise
    return CellposeInference((maps + errors).astype(np.float16))


def touching() -> np.ndarray:
    labels = np.zeros((48, 64), np.int32)
    rows, columns = np.indices(labels.shape)
    for label, column in ((1, 14), (2, 31), (3, 50)):
        labels[(rows - 24) ** 2 + (columns - column) ** 2 <= 81] = label
    return labels


def decode(inference: CellposeInference, **changes: float) -> np.ndarray:
    return decode_flows(inference, DEFAULTS | changes, device=CPU)


def test_touching_cells_are_told_apart() -> None:
    true = touching()
    found = decode(inference_of(true))
    assert found.dtype == np.int32
    assert sorted(np.unique(found)) == [0, 1, 2, 3]
    for label in (1, 2, 3):
        overlap = np.bincount(found[true == label], minlength=4)
        assert overlap.max() > 0.97 * (true == label).sum()


@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")  # Cellpose's own call
@pytest.mark.parametrize("cellprob", [-1.0, 0.0, 2.0])
@pytest.mark.parametrize(("flow", "niter"), [(0.0, 200), (0.4, 200), (0.4, 20)])
def test_the_labels_are_those_of_cellpose(cellprob: float, flow: float, niter: int) -> None:
    inference = inference_of(touching(), noise=4.0)
    theirs = resize_and_compute_masks(
        inference.maps[:2].astype(np.float32),
        inference.maps[2].astype(np.float32),
        niter=niter,
        cellprob_threshold=cellprob,
        flow_threshold=flow,
        max_size_fraction=1.0,
    )
    ours = decode(inference, cellprob=cellprob, flow=flow, niter=niter)
    np.testing.assert_array_equal(ours, theirs)
    assert ours.max() > 1


def test_cells_with_wrong_flows_are_dropped_unless_that_is_turned_off() -> None:
    inference = inference_of(touching())
    maps = inference.maps.copy()
    maps[:2, :, :23] *= 0.1  # the first cell's pixels barely move: too short for what it implies
    wrong = CellposeInference(maps)
    assert decode(wrong, flow=0.0)[24, 14] > 0
    assert decode(wrong, flow=0.4)[24, 14] == 0
    assert decode(wrong, flow=0.4).max() == 2


def test_the_slow_part_runs_once_for_each_cellprob_and_number_of_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    find = cellpose_decoding._find_candidates
    monkeypatch.setattr(
        cellpose_decoding,
        "_find_candidates",
        lambda maps, cellprob, niter, device: (
            calls.append((cellprob, niter)) or find(maps, cellprob, niter, device=device)
        ),
    )
    inference = inference_of(touching(), noise=4.0)
    for flow in (0.4, 0.0, 0.1):
        for smallest_px in (15.0, 200.0):
            fresh = CellposeInference(inference.maps)
            changes = {"flow": flow, "smallest_px": smallest_px}
            assert (decode(inference, **changes) == decode(fresh, **changes)).all()
    decode(inference, cellprob=1.0)
    decode(inference, niter=100.0)
    assert calls.count((1.0, 200.0)) == 1
    assert calls.count((0.0, 100.0)) == 1
    assert calls.count((0.0, 200.0)) == 1 + 6


def test_long_cells_with_weak_flows_are_whole_only_after_many_steps() -> None:
    labels = np.zeros((16, 140), np.int32)
    labels[4:12, 6:134] = 1  # 64 px from its middle to either end
    inference = inference_of(labels)
    maps = inference.maps.copy()
    maps[:2] *= 0.2  # 1 px in 5 steps: 320 steps to the middle
    weak = CellposeInference(maps)
    areas = [
        (decode(weak, flow=0.0, niter=niter) == 1).sum() / (labels == 1).sum()
        for niter in (200.0, 500.0, 200.0)
    ]
    assert areas[1] > 0.98
    assert areas[0] == areas[2] < 0.8


def test_a_cell_may_fill_most_of_a_small_image() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[3:37, 3:37] = 1  # 72 % of the image; Cellpose's own limit is 40 %
    assert (decode(inference_of(labels)) > 0).mean() == pytest.approx(0.72, abs=0.03)


def test_small_cells_are_dropped() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[5:15, 5:15] = 1  # 100 px
    labels[20:38, 20:38] = 2  # 324 px
    found = decode(inference_of(labels), smallest_px=150.0)
    assert sorted(np.unique(found)) == [0, 1]
    assert found[10, 10] == 0


def test_an_image_without_cells_gives_none() -> None:
    assert not decode(inference_of(np.zeros((32, 48), np.int32))).any()


def test_inferences_are_equal_where_the_network_said_the_same() -> None:
    one, same = inference_of(touching()), inference_of(touching())
    decode(one)
    assert one == same
    assert one != inference_of(touching(), noise=1.0)
