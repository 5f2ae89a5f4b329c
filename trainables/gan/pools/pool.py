"""The pool: synthetic samples in which a segmenter recovers the painted masks."""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from trainables.data.sample import Provenance, Sample
from trainables.gan.protocol import Drawn, Generator
from trainables.metrics.scores import f1
from trainables.segmenters.protocol import Segmenter
from trainables.spec.gan_spec import GanSpec
from trainables.spec.randomness import Randomness

LARGEST_SHARE_ASKED = 4
"""Most crops painted for each one wanted."""
ROUND = 8
"""Crops painted at once, with one seed."""
MARGIN_PX = 16
"""Margin painted around each crop and cut off: at the border a convolution lacks neighbours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """The painted crops that were kept, and statistics of all."""

    samples: list[Sample] = field(repr=False)
    """The kept samples; fewer than requested, or none, where too many were dropped."""
    consistency: tuple[float, ...]
    """F1 at IoU 0.5 of what the segmenter found in each painted crop, in [0, 1]; 0 for a surplus
    crop without cells."""
    empty_share: float
    """Share of all painted crops that hold no cell, in [0, 1]."""
    real_empty_share: float
    """Share of the real training crops of this size that hold no cell, in [0, 1]."""
    floor: float
    """Smallest consistency at which a crop was kept."""

    @property
    def asked(self) -> int:
        """Crops painted in all."""
        return len(self.consistency)

    @property
    def kept(self) -> int:
        return len(self.samples)

    @property
    def share_dropped(self) -> float:
        """In [0, 1]."""
        return 1 - self.kept / self.asked

    @property
    def numbers(self) -> dict[str, float]:
        """The values that the fit's result records of it."""
        return {
            "asked": self.asked,
            "kept": self.kept,
            "share_dropped": self.share_dropped,
            "consistency_mean": float(np.mean(self.consistency)),
            "empty_share": self.empty_share,
            "empty_share_real": self.real_empty_share,
            "consistency_floor": self.floor,
        }


def pool_side_px(spec: GanSpec) -> int:
    """Side of the painted crops: half as large again as those of the fit, in steps of 32 pixels.

    A generator is convolutional and paints any size; training that zooms out needs the room.
    """
    return 32 * math.ceil(1.5 * spec.crop_px / 32)


def empty_share(labels: Iterable[np.ndarray]) -> float:
    """Share of label images int32 [P, P] that are all background; 0 where there are no images."""
    empty = [not crop.any() for crop in labels]
    return sum(empty) / len(empty) if empty else 0.0


def draw_pool(
    generator: Generator,
    *,
    samples: Sequence[Sample],
    spec: GanSpec,
    segmenter: Segmenter,
    floor: float,
    real_empty_share: float,
    maker: str,
    randomness: Randomness,
) -> Pool:
    """Paints crops until enough are kept, or four times as many have been painted.

    A crop is kept where the segmenter recovers the painted mask with an F1 of at least the floor:
    what it cannot find is not there, or lies elsewhere, and would teach wrong outlines. A crop
    without cells is recovered by finding nothing, which is no merit of a generator that makes
    nothing else: such crops count as found only while they are no larger a share of the pool than
    of the real crops.

    Args:
        generator: fitted on `samples`.
        samples: the annotated training samples, whose masks are varied.
        spec: size of the pool, source of the masks.
        segmenter: trained on the same samples.
        floor: smallest F1 at which a crop is kept.
        real_empty_share: share of the real training crops of this size that hold no cell.
        maker: id of the GAN, for the provenance.
        randomness: of the fit.
    """
    kept: list[Sample] = []
    painted: list[np.ndarray] = []
    consistency: list[float] = []
    for seed, place, crop in _make(generator, samples=samples, spec=spec, randomness=randomness):
        found = segmenter.decode(segmenter.infer(crop.image), segmenter.thresholds)
        painted.append(crop.labels)
        consistency.append(_consistency(crop, found, kept=kept, largest_share=real_empty_share))
        if consistency[-1] >= floor:
            provenance = Provenance(maker=maker, sources=crop.sources, seed=seed, place=place)
            kept.append(_sample(crop, provenance, number=len(kept), samples=samples))
        if len(kept) == spec.pool_size:
            break
    return Pool(
        samples=kept,
        consistency=tuple(consistency),
        empty_share=empty_share(painted),
        real_empty_share=real_empty_share,
        floor=floor,
    )


def _consistency(
    crop: Drawn, found: np.ndarray, *, kept: Sequence[Sample], largest_share: float
) -> float:
    """F1 of what was found; 0 for a crop without cells once the pool has its share of them."""
    if not crop.labels.any():
        empty = 1 + sum(not sample.labels.any() for sample in kept)
        if empty > largest_share * (len(kept) + 1):
            return 0.0
    return f1(crop.labels, found)


def draw_again(
    generator: Generator, *, samples: Sequence[Sample], spec: GanSpec, provenance: Provenance
) -> Drawn:
    """Makes the crop behind a sample of a pool once more.

    Args:
        generator: the one that is stored beside the pool.
        samples: those it was fitted on.
        spec: of the pool.
        provenance: of the sample.

    Raises:
        ValueError: the seed is not known.
    """
    if provenance.seed is None:
        raise ValueError("A sample can be drawn again where its seed is known, but it is not.")
    return _round(generator, samples=samples, spec=spec, seed=provenance.seed)[provenance.place]


def _make(
    generator: Generator, *, samples: Sequence[Sample], spec: GanSpec, randomness: Randomness
) -> Iterator[tuple[int, int, Drawn]]:
    """Crops, as many as may be asked for; with the seed of their round, and their place in it."""
    for start in range(0, LARGEST_SHARE_ASKED * spec.pool_size, ROUND):
        seed = randomness.integer("pool", start)
        for place, crop in enumerate(_round(generator, samples=samples, spec=spec, seed=seed)):
            yield seed, place, crop


def _round(
    generator: Generator, *, samples: Sequence[Sample], spec: GanSpec, seed: int
) -> list[Drawn]:
    """The crops without their margin."""
    side_px = pool_side_px(spec) + 2 * MARGIN_PX
    inside = np.s_[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    rng = np.random.default_rng(seed)
    return [
        dataclasses.replace(crop, image=crop.image[inside], labels=crop.labels[inside].copy())
        for crop in generator.draw(samples, count=ROUND, side_px=side_px, rng=rng)
    ]


def _sample(
    crop: Drawn, provenance: Provenance, *, number: int, samples: Sequence[Sample]
) -> Sample:
    groups = {sample.id: sample.group for sample in samples}
    return Sample(
        id=f"{provenance.maker}_{number}",
        image=crop.image,
        labels=crop.labels,
        group=groups[crop.sources[0]],
        provenance=provenance,
    )
