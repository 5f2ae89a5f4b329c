"""Real crops to compare synthetic ones with: as many as the pool should have, of its size."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from trainables.data.crops import draw_crop
from trainables.data.sample import Sample
from trainables.data.trial_data import WorkingData
from trainables.gan.pools.pool import pool_side_px
from trainables.spec.gan_spec import GanSpec
from trainables.spec.randomness import Randomness


@dataclass(frozen=True, kw_only=True, slots=True)
class RealCrops:
    """Crops of real images, at the working scale."""

    training: list[Sample] = field(repr=False)
    """Crops of the images that the GAN was fitted on."""
    unseen: list[Sample] = field(repr=False)
    """Crops of the validation images, which it never saw; empty where there are none."""


def draw_real_crops(data: WorkingData, *, spec: GanSpec, randomness: Randomness) -> RealCrops:
    """Draws crops at random places of randomly chosen images.

    Args:
        data: of the fit.
        spec: number and size of the pool's crops.
        randomness: of the fit.
    """
    return RealCrops(
        training=_crops(data.training, spec=spec, rng=randomness.generator("real crops")),
        unseen=_crops(data.validation, spec=spec, rng=randomness.generator("unseen crops")),
    )


def _crops(samples: Sequence[Sample], *, spec: GanSpec, rng: np.random.Generator) -> list[Sample]:
    crops = []
    for number in range(spec.pool_size if samples else 0):
        sample = samples[int(rng.integers(len(samples)))]
        image, labels = draw_crop(sample, crop_px=pool_side_px(spec), zoom=1.0, rng=rng)
        crops.append(
            Sample(id=f"{sample.id}_{number}", image=image, labels=labels, group=sample.group)
        )
    return crops
