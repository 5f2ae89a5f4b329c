"""From Cellpose's flows and cell probability to labels, without repeating any step.

Pixels follow the flows; those that meet are one cell. A cell is dropped where the flows that
its shape would have differ too much from those predicted. Only the threshold on the cell
probability and the number of steps decide which pixels follow the flows, and how far, and this
part is slow; the flow and size thresholds merely drop cells. So the slow part is kept, and done
once for each pair of the former among the settings that are tried.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from cellpose import dynamics, utils
from scipy.ndimage import mean as mean_by_label

from trainables.segmenters.cellpose.flows import flows_from_labels
from trainables.segmenters.protocol import Thresholds

FLOW_SCALE = 5.0
"""Factor by which the network scales the flows, as Cellpose trains it."""
FLOW_STEPS = 200
"""Steps of at most one pixel for which pixels follow the flows: Cellpose's own number for cells of
30 pixels, which the working scale comes close to; Cellpose scales it with the diameter."""
LARGEST_SHARE = 1.0
"""Share of the image that one cell may cover. Cellpose drops cells above 0.4, which loses the
large ones of small images."""
CHECK_STEPS_PER_EXTENT = 1.0
"""Diffusion steps for the flows of a predicted shape. Half as many as for targets, because the
error that this leaves (a mean square of 0.01) is far below any flow threshold in use."""

THRESHOLD_VALUES: dict[str, tuple[float, ...]] = {
    "cellprob": (0.0, -2.0, -1.0, 1.0, 2.0),
    "flow": (0.4, 0.0, 0.8),
    "smallest_px": (15.0, 30.0, 60.0),
    "niter": (float(FLOW_STEPS), 100.0, 500.0),
}
"""`cellprob`: smallest logit of a cell's pixels. `flow`: largest mean square difference between
predicted and implied flows, 0 to skip this check. `smallest_px`: fewest pixels of a cell.
`niter`: steps for which pixels follow the flows, more for long cells with weak flows."""
COMPACT_FLOW_VALUES = (0.8, 0.4, 0.0)
"""The compact backbone's flows are rougher than the ViT's, for which 0.4 was chosen: the looser
check comes first."""


@dataclass(frozen=True, slots=True, eq=False)
class CellposeInference:
    """The network's output for one image, and the cells already found in it."""

    maps: np.ndarray
    """float16 [3, H, W]: flows along y and x (times 5), logit of the cell probability."""
    found: dict[tuple[float, float], np.ndarray] = field(default_factory=dict, repr=False)
    """int32 [H, W] labels of all cells found, by the threshold on the cell probability and the
    number of steps."""
    flow_errors: dict[tuple[float, float], np.ndarray] = field(default_factory=dict, repr=False)
    """float [cells], of the cells found: mean square difference between predicted and implied
    flows, by the same two; present where a flow threshold has needed it."""

    def __eq__(self, other: object) -> bool:
        """Whether the network's output is equal; the cells found follow from it."""
        return isinstance(other, CellposeInference) and np.array_equal(self.maps, other.maps)

    __hash__ = None  # type: ignore[assignment]


def decode_flows(
    inference: CellposeInference, thresholds: Thresholds, *, device: torch.device
) -> np.ndarray:
    """Labels by following the flows.

    Args:
        inference: remembers the slow part, so that the next thresholds are fast.
        thresholds: see `THRESHOLD_VALUES`.
        device: where the pixels follow the flows.

    Returns:
        int32 [H, W]; 0 background, cells numbered from 1.

    Source: Stringer et al. 2021 (doi:10.1038/s41592-020-01018-x), through `cellpose.dynamics`.
    """
    slow, largest_error = (thresholds["cellprob"], thresholds["niter"]), thresholds["flow"]
    if slow not in inference.found:
        inference.found[slow] = _find_candidates(inference.maps, *slow, device=device)
    labels = inference.found[slow].copy()
    if largest_error > 0:
        if slow not in inference.flow_errors:
            inference.flow_errors[slow] = _flow_errors(inference.maps, labels, device=device)
        labels = _without_bad_flows(
            labels, inference.flow_errors[slow], largest_error=largest_error
        )
    filled = utils.fill_holes_and_remove_small_masks(
        labels, min_size=int(thresholds["smallest_px"])
    )
    return filled.astype(np.int32)


def _find_candidates(
    maps: np.ndarray, cellprob: float, niter: float, *, device: torch.device
) -> np.ndarray:
    """Labels of all cells that the flows lead to, before any is dropped."""
    with torch.sparse.check_sparse_tensor_invariants(False):  # Cellpose's own histogram
        labels = dynamics.compute_masks(
            maps[:2].astype(np.float32),
            maps[2].astype(np.float32),
            niter=int(niter),
            cellprob_threshold=cellprob,
            flow_threshold=0.0,
            max_size_fraction=LARGEST_SHARE,
            device=device,
        )
    return labels.astype(np.int32)


def _flow_errors(maps: np.ndarray, labels: np.ndarray, *, device: torch.device) -> np.ndarray:
    """Mean square length of the difference between predicted and implied flows, for each cell."""
    implied = flows_from_labels(
        labels, device=device, steps_per_extent=CHECK_STEPS_PER_EXTENT, most_steps=FLOW_STEPS
    )
    squares = ((implied - maps[:2].astype(np.float32) / FLOW_SCALE) ** 2).sum(axis=0)
    return np.asarray(mean_by_label(squares, labels, np.arange(1, labels.max() + 1)))


def _without_bad_flows(
    labels: np.ndarray, flow_errors: np.ndarray, *, largest_error: float
) -> np.ndarray:
    """The labels, renumbered, without those whose flow error is too large."""
    good = np.concatenate([[True], flow_errors <= largest_error])
    numbers = np.where(good, np.cumsum(good) - 1, 0).astype(np.int32)
    return numbers[labels]
