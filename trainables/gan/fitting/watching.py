"""How near a generator has come, measured while it is fitted."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from trainables.data.sample import Sample
from trainables.gan.generators.painter import Painter
from trainables.gan.masks.sources import Mask, draw_masks
from trainables.gan.pools.fidelity import FEWEST, Features, kernel_distance
from trainables.gan.protocol import UNKNOWN, Drawn, Generator, Watch
from trainables.spec.gan_spec import MaskSource

WATCHED = 24
"""Crops made for one measurement."""
MAPS = 3
"""Instance maps that are painted repeatedly to measure the diversity."""
PAINTINGS = 6
"""Paintings of each of these maps."""


def watch_distance(
    samples: Sequence[Sample],
    unseen: Sequence[Sample],
    *,
    side_px: int,
    features: Features,
    seed: int,
) -> Watch:
    """The kernel distance to real crops, as a function of the generator.

    Args:
        samples: those that the GAN is fitted on, whose masks are painted.
        unseen: crops of validation images, never of test images; with fewer than four the
            distance is NaN.
        side_px: side of the crops to make, a multiple of 32.
        features: of a network trained on the same samples.
        seed: fixes masks and noise, the same at every measurement.
    """
    if len(unseen) < FEWEST:
        return lambda generator: UNKNOWN
    real = features(np.stack([sample.image for sample in unseen]))
    scale = np.sqrt(np.mean(real**2)) or 1.0

    @cache
    def masks(source: MaskSource) -> list[Mask]:
        rng = np.random.default_rng(seed)
        return draw_masks(samples, count=WATCHED, crop_px=side_px, source=source, rng=rng)

    def draw(generator: Generator) -> list[Drawn]:
        rng = np.random.default_rng(seed)
        if isinstance(generator, Painter):  # masks take longer to draw than to paint
            return generator.paint_masks(masks(generator.mask_source), rng)
        return generator.draw(samples, count=WATCHED, side_px=side_px, rng=rng)

    def watch(generator: Generator) -> float:
        crops = draw(generator)
        made = features(np.stack([crop.image for crop in crops]))
        return kernel_distance(made / scale, real / scale)

    return watch


def diversity(
    generator: Generator, samples: Sequence[Sample], *, side_px: int, rng: np.random.Generator
) -> float:
    """How much paintings of one instance map differ, as a share of the variation within them.

    The mean over pixels of the standard deviation over paintings, divided by the standard
    deviation over pixels, both averaged over a few maps. NaN where nothing is painted from maps,
    or where the paintings are flat.
    """
    if not isinstance(generator, Painter):
        return UNKNOWN
    crops = generator.draw(samples, count=MAPS, side_px=side_px, rng=rng)
    within, between = [], []
    for crop in crops:
        again = generator.paint(np.stack([crop.labels] * PAINTINGS), rng, like=crop.sources[0])
        between.append(again.std(axis=0).mean())
        within.append(again.std(axis=(1, 2)).mean())
    flat = float(np.mean(within)) < 1e-6
    return UNKNOWN if flat else float(np.mean(between) / np.mean(within))
