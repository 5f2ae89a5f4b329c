"""Batches for Cellpose: crops rotated by any angle and zoomed, with flows rotated to match."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from cellpose.train import _loss_fn_seg
from cellpose.transforms import random_rotate_and_resize

from trainables.data.augment import change_intensity
from trainables.data.crops import draw_centre
from trainables.data.sample import Sample
from trainables.data.shelf import Shelf
from trainables.segmenters.cellpose.flows import flows_from_labels
from trainables.spec.randomness import fence
from trainables.spec.training_spec import TrainingSpec
from trainables.training.batches import synthetic_count
from trainables.training.contract import Extra

WINDOW_CROPS = 2.0
"""Side of the window in which a crop is placed and rotated, in sides of the crop: large enough
that a rotated crop rarely reaches beyond it, small enough to be quick in images of any size."""
SURELY_KNOWN = 0.99
"""Smallest known share of a pixel, after interpolation, for which the pixel is learnt from."""


@dataclass(frozen=True, slots=True)
class FlowSample:
    """A sample with the flows of its cells, which are computed once."""

    sample: Sample
    flows: np.ndarray = field(repr=False)
    """float16 [2, H, W], along y and x."""


class FlowSamples(Sequence[FlowSample]):
    """Samples with the flows of their cells, which are computed when a sample is first drawn.

    That takes 0.1 to 2 s for a small image on one core, and 20 s for one of a million pixels.
    """

    def __init__(self, samples: Sequence[Sample], *, device: torch.device, shelf: Shelf) -> None:
        """Takes samples, the computing device, and where the flows are kept."""
        self._samples = samples
        self._device = device
        self._shelf = shelf
        self._flows: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: Any) -> Any:
        sample = self._samples[index]
        if index not in self._flows:
            flows = flows_from_labels(sample.labels, device=self._device)
            self._flows[index] = self._shelf.keep(flows.astype(np.float16))
        return FlowSample(sample, self._flows[index])


def draw_flow_batch(
    samples: Sequence[FlowSample],
    *,
    pool: Sequence[FlowSample],
    extra: Extra,
    training: TrainingSpec,
    rng: np.random.Generator,
    progress: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Crops for one training step, real and synthetic ones in the requested ratio.

    The geometric augmentation is Cellpose's own (any angle, flips, linear interpolation of
    flows); zoom, intensity changes and the choice of crops are those of every family.

    Args:
        samples: annotated samples, at least one.
        pool: the samples of `extra.pool`.
        extra: how many crops come from the pool.
        training: batch size N, crop side P, zoom and strength of the intensity changes.
        rng: fixes the batch.
        progress: share of the images seen so far, in [0, 1).

    Returns:
        float32 [N, C, P, P] images and float32 [N, 4, P, P] targets: whether anything is known
        (in [0, 1], 0 beyond the image), cell probability, flows along y and x.
    """
    count = training.batch_size
    synthetic = synthetic_count(extra, count=count, rng=rng, progress=progress)
    zooms = np.exp(rng.uniform(-1, 1, count) * np.log(training.zoom))
    windows = []
    for n in range(count):
        choices = pool if n < synthetic else samples
        side_px = WINDOW_CROPS * training.crop_px / zooms[n]
        windows.append(_draw_window(choices[int(rng.integers(len(choices)))], side_px, rng=rng))
    images, known, targets = _turn(windows, zooms=zooms, crop_px=training.crop_px, rng=rng)
    for image in images:
        changed = change_intensity(
            image.permute(1, 2, 0).numpy(), strength=training.intensity, rng=rng
        )
        image.copy_(torch.from_numpy(changed).permute(2, 0, 1))
    return images, torch.cat([known, targets], dim=1)


def flow_loss(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cellpose's loss over the known pixels; 0 where there are none.

    Args:
        predictions: float32 [N, 3, P, P], flows along y and x (times 5) and cell logits.
        targets: float32 [N, 4, P, P], as `draw_flow_batch` gives them.
    """
    known = targets[:, 0] >= SURELY_KNOWN
    if not known.any():
        return 0 * predictions.sum()
    return _loss_fn_seg(
        targets.movedim(1, 0)[:, known][None],
        predictions.movedim(1, 0)[:, known][None],
        predictions.device,
    )


def _draw_window(
    chosen: FlowSample, side_px: float, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A part of a sample, mostly near a cell: float32 [C + 1, h, w] and [3, h, w].

    The last channel of the image shows which pixels are known.
    """
    labels = chosen.sample.labels
    centre = draw_centre(labels, window_px=side_px / WINDOW_CROPS, rng=rng)
    rows, columns = (
        _interval(middle, side_px=side_px, length=length)
        for middle, length in zip(centre, labels.shape, strict=True)
    )
    part = labels[rows, columns]
    image = chosen.sample.image[rows, columns].transpose(2, 0, 1)
    flows = chosen.flows[:, rows, columns]
    return (
        np.concatenate([image, part[None] >= 0], dtype=np.float32),
        np.concatenate([part[None] > 0, flows], dtype=np.float32),
    )


def _interval(centre: float, *, side_px: float, length: int) -> slice:
    """Range of pixels around a centre, moved inside the image; all pixels if it is too small."""
    side = min(int(np.ceil(side_px)), length)
    start = int(np.clip(round(centre - side / 2), 0, length - side))
    return slice(start, start + side)


def _turn(
    windows: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    zooms: np.ndarray,
    crop_px: int,
    rng: np.random.Generator,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images, known pixels and targets of crops at random places and angles in windows.

    Cellpose draws from numpy's global generator, and enlarges by 1 / `rescale`.
    """
    with fence(int(rng.integers(2**32))):
        images, targets, _ = random_rotate_and_resize(
            [image for image, _ in windows],
            lbls=[target for _, target in windows],
            scale_range=0,
            rescale=1 / zooms,
            bsize=crop_px,
        )
    return images[:, :-1], images[:, -1:], targets
