"""What the search may vary in Cellpose."""

from typing import Any

import optuna

from search_spaces import training
from trainables.spec import SegmenterSpec, WeightsKind, is_cpsam

LEARNING_RATES: dict[WeightsKind, float] = {"scratch": 2e-3, "pretrained": 1e-3}
"""Defaults of the compact backbone by where training starts, for AdamW and a few thousand crops."""
CPSAM_LEARNING_RATE = 1e-5
"""Cellpose's own for fine-tuning its ViT (cellpose 4.2, `train.py`)."""


def defaults(segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """Where every search starts."""
    return training.defaults(learning_rate=_learning_rate(segmenter, weights))


def space(trial: optuna.Trial, segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """One configuration, as flat fields of a `TrialSpec`."""
    return training.space(trial, learning_rate=_learning_rate(segmenter, weights))


def _learning_rate(segmenter: SegmenterSpec, weights: WeightsKind) -> float:
    if is_cpsam(segmenter):
        return CPSAM_LEARNING_RATE
    return LEARNING_RATES[weights]
