"""What the search may vary in StarDist."""

from typing import Any

import optuna

from search_spaces import training
from trainables.spec.trial_spec import SegmenterSpec, WeightsKind

LEARNING_RATE = 2e-3
"""Default for AdamW and a few thousand crops, wherever training starts: fine-tuning a source model
on ten images at 1e-3 learnt too little (test F1 0.71 against 0.76, and 0.51 against 0.57)."""


def defaults(segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """Where every search starts."""
    return training.defaults(learning_rate=LEARNING_RATE)


def space(trial: optuna.Trial, segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """One configuration, as flat fields of a `TrialSpec`."""
    return training.space(trial, learning_rate=LEARNING_RATE)
