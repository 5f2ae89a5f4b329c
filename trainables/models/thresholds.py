"""Tuning the decoding thresholds on validation, with equally many tries for every family."""

import itertools
from collections.abc import Sequence

import numpy as np

from trainables.data.sample import Sample
from trainables.metrics.scores import f1
from trainables.segmenters.protocol import Segmenter, Thresholds

MARGIN = 0.02
"""F1 by which another setting must beat the default on validation. A few images cannot resolve
less, and the default is right more often than the luckiest of a dozen settings."""


def candidates(
    values: dict[str, tuple[float, ...]], *, tries: int, rng: np.random.Generator
) -> list[Thresholds]:
    """Settings to try: the default first, then others at random, without repetition.

    Args:
        values: what each threshold may be, its default first.
        tries: how many settings in all; fewer are returned where fewer exist.
    """
    grid = [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]
    order = rng.permutation(len(grid) - 1)[: tries - 1] + 1
    return [grid[0], *(grid[place] for place in order)]


def tune(
    segmenter: Segmenter, validation: Sequence[Sample], *, tries: int, rng: np.random.Generator
) -> Thresholds:
    """The setting with the best mean F1 at IoU 0.5 over validation, or the default if it is near.

    The network runs once per image; only the decoding is repeated.
    """
    settings = candidates(segmenter.threshold_values(), tries=tries, rng=rng)
    scores = np.zeros(len(settings))
    for sample in validation:
        inference = segmenter.infer(sample.image)
        for place, thresholds in enumerate(settings):
            found = f1(sample.labels, segmenter.decode(inference, thresholds))
            scores[place] += found / len(validation)
    best = int(np.argmax(scores))
    return settings[best] if scores[best] > scores[0] + MARGIN else settings[0]
