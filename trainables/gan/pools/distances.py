"""Distances of a pool to real crops, on the best features available on this machine."""

from collections.abc import Sequence

import numpy as np

from trainables.data.sample import Sample
from trainables.gan.pools.fidelity import ON_INCEPTION, Features, fidelity
from trainables.gan.pools.inception import find_inception, inception_features
from trainables.gan.pools.real_crops import RealCrops


def distances(
    synthetic: Sequence[Sample],
    real: RealCrops,
    *,
    features: Features,
    rng: np.random.Generator,
) -> dict[str, float]:
    """The values of `fidelity`, and `ON_INCEPTION`.

    Args:
        synthetic: the pool; may be empty.
        real: crops of the same size.
        features: of the judge, used where Inception's weights are unavailable.
        rng: fixes the resampling.
    """
    inception = find_inception()
    found = fidelity(
        _images(real.training),
        _images(real.unseen),
        _images(synthetic),
        rng,
        features=inception_features(inception) if inception else features,
        rescale=inception is None,
    )
    return found | {ON_INCEPTION: float(inception is not None)}


def _images(samples: Sequence[Sample]) -> np.ndarray:
    return np.array([sample.image for sample in samples], np.float32)
