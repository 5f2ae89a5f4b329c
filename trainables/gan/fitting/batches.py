"""What one step of a GAN's fit is shown: real crops, conditions, and noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from trainables.data.crops import draw_crop
from trainables.data.sample import Sample
from trainables.gan.adversary import Batch
from trainables.gan.conditioning import condition, measure
from trainables.gan.diff_augment import DiffAugment
from trainables.gan.masks.sources import draw_masks
from trainables.spec.gan_spec import GanSpec
from trainables.training.device import place_batch

ZOOM = 1.25
"""Largest enlargement of crops: more would change the grain that is to be learnt."""
LOOSE_MASKS = 48
"""Instance maps drawn for a fit without pairs; crops of them are turned, flipped and zoomed."""
LOOSE_MASK_CROPS = 2
"""Side of these maps, in crops."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """What a GAN learns from."""

    images: Sequence[Sample] = field(repr=False)
    """Where real crops come from; where they have partners in `conditions`, nothing else."""
    conditions: Sequence[Sample] | None = field(repr=False, default=None)
    """Where conditions come from; None where they are those of the real crops."""

    def __post_init__(self) -> None:
        if not self.images:
            raise ValueError("A GAN needs at least one annotated sample, but got none.")


def loose_material(
    samples: Sequence[Sample],
    *,
    unlabelled: Sequence[Sample],
    spec: GanSpec,
    rng: np.random.Generator,
) -> Material:
    """Images, annotated or not, and instance maps that match none of them.

    Args:
        samples: annotated samples, whose masks are varied.
        unlabelled: images whose labels are all unknown.
        spec: where the masks come from.
        rng: fixes the masks.
    """
    side_px, channels = LOOSE_MASK_CROPS * spec.crop_px, samples[0].image.shape[2]
    masks = draw_masks(
        samples, count=LOOSE_MASKS, crop_px=side_px, source=spec.mask_source, rng=rng
    )
    nothing = np.zeros((side_px, side_px, channels), np.float32)
    loose = [
        Sample(id=f"mask_{number}", image=nothing, labels=mask.labels, group=mask.sources[0])
        for number, mask in enumerate(masks)
    ]
    return Material(images=[*samples, *unlabelled], conditions=loose)


def draw_gan_batch(
    material: Material,
    *,
    spec: GanSpec,
    noise_channels: int,
    rng: np.random.Generator,
    device: torch.device,
) -> Batch:
    """Real crops and conditions; turned, flipped and mildly zoomed, colours untouched."""
    images, conditions, known = [], [], []
    for _ in range(spec.batch_size):
        image, labels = _crop(material.images, spec=spec, rng=rng)
        images.append(image.transpose(2, 0, 1))
        if material.conditions is not None:
            image, labels = _crop(material.conditions, spec=spec, rng=rng)
        conditions.append(condition(labels, measure(image, labels)))
        known.append(labels[None] >= 0)
    shape = (spec.batch_size, noise_channels, spec.crop_px, spec.crop_px)
    augment_rng = torch.Generator().manual_seed(int(rng.integers(2**31)))
    return Batch(
        condition=_tensor(conditions, device),
        images=_tensor(images, device),
        known=_tensor(known, device),
        noise=place_batch(torch.from_numpy(rng.standard_normal(shape, np.float32)), device),
        between=torch.from_numpy(rng.random(spec.batch_size, np.float32)).to(device),
        augment=DiffAugment(count=spec.batch_size, side_px=spec.crop_px, rng=augment_rng),
    )


def _crop(
    samples: Sequence[Sample], *, spec: GanSpec, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    sample = samples[int(rng.integers(len(samples)))]
    return draw_crop(sample, crop_px=spec.crop_px, zoom=ZOOM, rng=rng)


def _tensor(arrays: list[np.ndarray], device: torch.device) -> torch.Tensor:
    return place_batch(torch.from_numpy(np.stack(arrays)), device)
