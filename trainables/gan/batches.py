"""What one step of a GAN's fit is shown: real crops, their conditions, and noise."""

from collections.abc import Sequence

import numpy as np
import torch

from trainables.data.patches import draw_crop
from trainables.data.sample import Sample
from trainables.gan.conditioning import condition, measure
from trainables.gan.diff_augment import DiffAugment
from trainables.gan.losses import Batch
from trainables.gan.paired import NOISE_CHANNELS
from trainables.segmenters.torch_device import place_batch
from trainables.spec import GanSpec

ZOOM = 1.25
"""Largest enlargement of crops: more than that changes the grain that shall be learnt."""


def draw_gan_batch(
    samples: Sequence[Sample],
    *,
    spec: GanSpec,
    rng: np.random.Generator,
    device: torch.device,
) -> Batch:
    """Real crops with their conditions; turned, flipped and mildly zoomed, colours untouched."""
    images, conditions, known = [], [], []
    for _ in range(spec.batch_size):
        sample = samples[int(rng.integers(len(samples)))]
        image, labels = draw_crop(sample, crop_px=spec.crop_px, zoom=ZOOM, rng=rng)
        images.append(image.transpose(2, 0, 1))
        conditions.append(condition(labels, measure(image, labels)))
        known.append(labels[None] >= 0)
    shape = (spec.batch_size, NOISE_CHANNELS, spec.crop_px, spec.crop_px)
    augment_rng = torch.Generator().manual_seed(int(rng.integers(2**31)))
    return Batch(
        condition=_tensor(conditions, device),
        images=_tensor(images, device),
        known=_tensor(known, device),
        noise=place_batch(torch.from_numpy(rng.standard_normal(shape, np.float32)), device),
        augment=DiffAugment(count=spec.batch_size, side_px=spec.crop_px, rng=augment_rng),
    )


def _tensor(arrays: list[np.ndarray], device: torch.device) -> torch.Tensor:
    return place_batch(torch.from_numpy(np.stack(arrays)), device)
