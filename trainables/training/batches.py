"""Batches of crops, real and synthetic, as every segmenter is trained on them."""

from collections.abc import Sequence

import numpy as np

from trainables.data.augment import change_intensity
from trainables.data.crops import draw_crop
from trainables.data.sample import Sample
from trainables.spec.training_spec import TrainingSpec
from trainables.training.contract import Extra
from trainables.training.synthetic_order import synthetic_share


def draw_batch(
    samples: Sequence[Sample],
    *,
    extra: Extra,
    training: TrainingSpec,
    rng: np.random.Generator,
    progress: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Crops for one step of training, real and synthetic ones in the ratio asked for.

    Args:
        samples: annotated samples, at least one, all with the same number of channels.
        extra: pool and ratio of synthetic samples; without a pool all crops are real.
        training: batch size N, crop side P, zoom and strength of the intensity changes.
        rng: fixes the batch.
        progress: share of the images seen so far, in [0, 1).

    Returns:
        float32 [N, P, P, C] images and int32 [N, P, P] labels, -1 where nothing is known.

    Raises:
        ValueError: there is no sample.
    """
    if not samples:
        raise ValueError("A batch needs at least one annotated sample, but got none.")
    count, side = training.batch_size, training.crop_px
    synthetic = synthetic_count(extra, count=count, rng=rng, progress=progress)
    images = np.empty((count, side, side, samples[0].image.shape[2]), np.float32)
    labels = np.empty((count, side, side), np.int32)
    for n in range(count):
        choices = extra.pool if n < synthetic else samples
        sample = choices[int(rng.integers(len(choices)))]
        image, labels[n] = draw_crop(sample, crop_px=side, zoom=training.zoom, rng=rng)
        images[n] = change_intensity(image, strength=training.intensity, rng=rng)
    return images, labels


def synthetic_count(
    extra: Extra, *, count: int, rng: np.random.Generator, progress: float = 0.0
) -> int:
    """Synthetic crops in a batch of `count`: exact on average, never off by a whole crop."""
    if not extra.pool:
        return 0
    share = synthetic_share(extra.order, ratio=extra.ratio, progress=progress)
    return int(count * share + rng.random())
