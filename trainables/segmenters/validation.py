"""The score by which every family is evaluated while it trains."""

from collections.abc import Sequence

import numpy as np

from trainables.data.sample import Sample
from trainables.metrics.scores import f1
from trainables.segmenters.protocol import Segmenter


def mean_f1(segmenter: Segmenter, samples: Sequence[Sample]) -> float:
    """Mean instance F1 at IoU 0.5 with the current thresholds; NaN without samples."""
    scores = [
        f1(
            sample.labels,
            segmenter.decode(segmenter.infer(sample.image), segmenter.thresholds),
        )
        for sample in samples
    ]
    return float(np.mean(scores)) if scores else float("nan")
