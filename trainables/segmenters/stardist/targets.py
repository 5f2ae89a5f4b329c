"""Training targets of StarDist's network: object probability and distances to the boundary."""

import numpy as np
from skimage.segmentation import relabel_sequential
from stardist.geometry import star_dist
from stardist.utils import edt_prob

NO_LOSS = -1.0
"""Object probability of pixels that the loss ignores."""


def star_targets(labels: np.ndarray, *, rays: int, grid: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets of a batch, as StarDist's losses expect them.

    Equal to those of `stardist.models.StarDistData2D`, but computed lazily, for crops drawn here.

    Args:
        labels: int32 [N, P, P]; 0 background, positive values cells, -1 unknown.
        rays: number R of directions.
        grid: predictions are made at every grid-th pixel; divides P.

    Returns:
        Probability float32 [N, P / grid, P / grid, 1]: the distance to the cell's boundary as a
        share of its largest one; 0 in the background, -1 where unknown. And float32
        [N, P / grid, P / grid, R + 1]: the distances in pixels, then the weight of each place.

    Source: Schmidt et al. 2018 (arXiv:1806.03535), section 2.
    """
    cells = [_consecutive(one) for one in labels]
    weight = np.stack([_share_of_depth(one[::grid, ::grid]) for one in cells])
    distances = np.stack([star_dist(one, rays, grid=(grid, grid)) for one in cells])
    unknown = labels[:, ::grid, ::grid] < 0
    probability = np.where(unknown, np.float32(NO_LOSS), weight)
    return probability[..., None], np.concatenate([distances, weight[..., None]], axis=-1)


def _consecutive(labels: np.ndarray) -> np.ndarray:
    """Labels 1 to n, unknown as background: StarDist's code keeps 16 bits of a label."""
    return relabel_sequential(np.maximum(labels, 0))[0].astype(np.int32)


def _share_of_depth(labels: np.ndarray) -> np.ndarray:
    """Distance to the boundary over the largest one in the cell, float32 in [0, 1]."""
    if labels.min() == labels.max() > 0:
        # A cell that fills the crop shows no boundary; StarDist warns, and assumes one all around.
        return edt_prob(np.pad(labels, 1))[1:-1, 1:-1]
    return edt_prob(labels)
