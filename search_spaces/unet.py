"""What the search may vary in a U-Net."""

from typing import Any

import optuna

from search_spaces import training
from trainables.spec.trial_spec import SegmenterSpec, WeightsKind

LEARNING_RATES: dict[WeightsKind, float] = {
    "scratch": 2e-3,
    "pretrained": 1e-3,
    "gan_encoder": 2e-3,
}
"""Defaults by where training starts, for AdamW and a few thousand crops."""


def defaults(segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """Where every search starts."""
    return training.defaults(learning_rate=LEARNING_RATES[weights]) | {
        "segmenter.boundary_weight": 2.0
    }


def space(trial: optuna.Trial, segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """One configuration, as flat fields of a `TrialSpec`."""
    return training.space(trial, learning_rate=LEARNING_RATES[weights]) | {
        "segmenter.boundary_weight": trial.suggest_float("segmenter.boundary_weight", 1.0, 4.0)
    }
