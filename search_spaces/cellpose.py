"""What the search may vary in Cellpose."""

from typing import Any

import optuna

from search_spaces import training
from trainables.spec import SegmenterSpec, WeightsKind, is_cpsam

LEARNING_RATES: dict[WeightsKind, float] = {"scratch": 2e-3, "pretrained": 1e-3}
"""Defaults of the compact backbone by where training starts, for AdamW and a few thousand crops."""
CPSAM_LEARNING_RATES: dict[WeightsKind, float] = {"scratch": 1e-4, "pretrained": 1e-5}
"""Defaults of Cellpose's ViT: its own for fine-tuning (cellpose 4.2, `train.py`); from scratch that
of a ViT-L in He et al. 2022 (arXiv:2111.06377, appendix A.2), where random weights learn with
AdamW at 1e-4 for every 256 images of a batch and fine-tuning takes less."""
CPSAM_SCRATCH_WARM_UP = 0.1
"""Share of the training, as there: 20 of 200 epochs; ViTs diverge without one."""


def defaults(segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """Where every search starts."""
    point = training.defaults(learning_rate=_learning_rate(segmenter, weights))
    if is_cpsam(segmenter) and weights == "scratch":
        point["training.warm_up"] = CPSAM_SCRATCH_WARM_UP
    return point


def space(trial: optuna.Trial, segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """One configuration, as flat fields of a `TrialSpec`."""
    return training.space(trial, learning_rate=_learning_rate(segmenter, weights))


def _learning_rate(segmenter: SegmenterSpec, weights: WeightsKind) -> float:
    return (CPSAM_LEARNING_RATES if is_cpsam(segmenter) else LEARNING_RATES)[weights]
