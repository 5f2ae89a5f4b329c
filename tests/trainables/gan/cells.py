"""Small annotated samples: bright discs on dark ground, some touching."""

import itertools

import numpy as np

from trainables.data.sample import Sample

CENTRES = ((20, 20), (20, 37), (60, 50), (80, 80), (40, 75))
RADIUS_PX = 8


def make_labels(*, side_px: int = 96) -> np.ndarray:
    """int32 [side, side] with five discs, of which 1 and 2 touch."""
    rows, columns = np.mgrid[:side_px, :side_px]
    labels = np.zeros((side_px, side_px), np.int32)
    for number, (row, column) in enumerate(CENTRES, start=1):
        labels[(rows - row) ** 2 + (columns - column) ** 2 <= RADIUS_PX**2] = number
    return labels


def make_samples(*, channels: int, count: int = 2) -> list[Sample]:
    """Samples "0", "1" ... with noise and cells of different brightness."""
    return [_make_sample(str(number), channels=channels) for number in range(count)]


def _make_sample(name: str, *, channels: int) -> Sample:
    rng = np.random.default_rng(int(name))
    labels = np.rot90(make_labels(), int(name)).copy()
    brightness = np.concatenate([[0.1], rng.uniform(0.5, 1.0, len(CENTRES))])
    image = brightness[labels][..., None] + rng.normal(0, 0.05, (*labels.shape, channels))
    return Sample(id=name, image=image.astype(np.float32), labels=labels, group=name)


def make_grid(*, pitch_px: int, side_px: int = 128) -> Sample:
    """Discs of about 7 pixels radius on a grid: apart at a pitch of 26 pixels, packed at 13."""
    rows, columns = np.mgrid[:side_px, :side_px]
    centres = np.arange(pitch_px // 2, side_px, pitch_px)
    labels = np.zeros((side_px, side_px), np.int32)
    for number, (row, column) in enumerate(itertools.product(centres, centres), start=1):
        radius_px = 6 + number % 3
        inside = (rows - row) ** 2 + (columns - column) ** 2 <= radius_px**2
        labels[inside & (labels == 0)] = number
    image = np.zeros((side_px, side_px, 1), np.float32)
    return Sample(id="grid", image=image, labels=labels, group="grid")
