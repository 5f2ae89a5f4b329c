"""How close synthetic images are to real ones, and whether they are only copies of them."""

from collections.abc import Callable

import numpy as np
from scipy.spatial.distance import cdist

Features = Callable[[np.ndarray], np.ndarray]
"""Turns images float32 [N, P, P, C] into features float [N, D]."""

ON_INCEPTION = "on_inception"
"""Key under which a fit records, beside the values of `fidelity`, 1 where the features were those
of the published Inception v3, and 0 where they were the judge's."""
RESAMPLES = 200
"""Half-samples drawn for the interval."""
LEVEL = 0.95
"""Confidence level of the interval."""
FEWEST = 4
"""Fewest crops on each side for which a distance is computed."""
NEIGHBOURS = 3
"""Nearest neighbours that set how far a crop reaches, as in Kynkäänniemi et al. 2019."""


def fidelity(
    real_training: np.ndarray,
    real_validation: np.ndarray,
    synthetic: np.ndarray,
    rng: np.random.Generator,
    *,
    features: Features,
    rescale: bool,
) -> dict[str, float]:
    """Distances between crops of training images, of validation images, and synthetic ones.

    Args:
        real_training: float32 [N, P, P, C], crops of the images that the GAN was fitted on.
        real_validation: float32 [M, P, P, C], crops of images it never saw; may be empty.
        synthetic: float32 [K, P, P, C]; may be empty.
        rng: fixes the resampling.
        features: of a network trained on the same training images, or of a published one.
        rescale: divide features by their size on training crops, which makes distances comparable
            between networks; not for those of a published one, which every study shares.

    Returns:
        `kid`, with `kid_low` and `kid_high`: kernel distance of synthetic to validation crops;
        `kid_floor` with `kid_floor_low` and `kid_floor_high`: of training to validation crops,
        which is as near as new real images come; `kid_training`: of synthetic to training crops.
        The intervals cover the choice of crops, not the choice of images. `precision`: share of
        synthetic crops that look like some real one, `recall`: share of real crops that look like
        some synthetic one. `nearest_synthetic`, `nearest_validation`: median distance, in feature
        space, to the nearest training crop; `memorisation`: the former divided by the latter,
        far below 1 where synthetic crops are copies. NaN where there are too few crops.
    """
    training, validation, painted = (
        features(images) if len(images) else np.empty((0, 1))
        for images in (real_training, real_validation, synthetic)
    )
    scale = (np.sqrt(np.mean(training**2)) or 1.0) if rescale else 1.0
    training, validation, painted = training / scale, validation / scale, painted / scale
    nearest_synthetic = nearest_distance(painted, training)
    nearest_validation = nearest_distance(validation, training)
    real = np.concatenate([training, validation]) if len(validation) else training
    return {
        **_distance_with_interval("kid", painted, validation, rng),
        **_distance_with_interval("kid_floor", training, validation, rng),
        "kid_training": _distance(painted, training),
        "precision": covered_share(painted, by=real),
        "recall": covered_share(real, by=painted),
        "nearest_synthetic": nearest_synthetic,
        "nearest_validation": nearest_validation,
        "memorisation": nearest_synthetic / (nearest_validation or float("nan")),
    }


def kernel_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy of two sets of features; may be below 0.

    Args:
        x: float [N, D], at least two rows.
        y: float [M, D], at least two rows.

    Source: Bińkowski et al. 2018 (arXiv:1801.01401), kernel (x . y / D + 1) ** 3; unbiased
    estimate: Gretton et al. 2012, eq. 3.
    """
    within_x, within_y = _kernel(x, x), _kernel(y, y)
    n, m = len(x), len(y)
    return float(
        (within_x.sum() - np.trace(within_x)) / (n * (n - 1))
        + (within_y.sum() - np.trace(within_y)) / (m * (m - 1))
        - 2 * _kernel(x, y).mean()
    )


def covered_share(x: np.ndarray, *, by: np.ndarray) -> float:
    """Share of the rows of x that lie within reach of a row of `by`; NaN where there are too few.

    A row reaches as far as its third nearest neighbour among its own. Of synthetic features by
    real ones this is precision, of real ones by synthetic ones recall.

    Source: Kynkäänniemi et al. 2019 (arXiv:1904.06991), section 2.
    """
    if not len(x) or len(by) <= NEIGHBOURS:
        return float("nan")
    reach = np.sort(cdist(by, by), axis=1)[:, NEIGHBOURS]  # its own distance, 0, comes first
    return float((cdist(x, by) <= reach).any(axis=1).mean())


def nearest_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Median over the rows of x of the Euclidean distance to the nearest row of y."""
    if not len(x) or not len(y):
        return float("nan")
    return float(np.median(cdist(x, y).min(axis=1)))


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _distance_with_interval(
    name: str, x: np.ndarray, y: np.ndarray, rng: np.random.Generator
) -> dict[str, float]:
    """Kernel distance and, as `NAME_low` and `NAME_high`, its interval from half-samples.

    A half-sample without replacement varies as much as the whole (Efron 1982, "The Jackknife, the
    Bootstrap and Other Resampling Plans", ch. 8), and holds no crop twice: pairs of equal crops
    would bias the distance of a bootstrap sample.
    """
    whole = _distance(x, y)
    if np.isnan(whole):
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), whole)
    halves = [kernel_distance(_half(x, rng), _half(y, rng)) - whole for _ in range(RESAMPLES)]
    low, high = np.quantile(halves, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {name: whole, f"{name}_low": float(whole + low), f"{name}_high": float(whole + high)}


def _distance(x: np.ndarray, y: np.ndarray) -> float:
    return kernel_distance(x, y) if min(len(x), len(y)) >= FEWEST else float("nan")


def _half(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return x[rng.permutation(len(x))[: len(x) // 2]]
