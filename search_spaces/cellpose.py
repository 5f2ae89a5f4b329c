"""What the search may vary in Cellpose."""

from typing import Any

import optuna

from search_spaces import training
from trainables.spec.trial_spec import CellposeSpec, SegmenterSpec, WeightsKind, is_vit

LEARNING_RATES: dict[WeightsKind, float] = {"scratch": 2e-3, "pretrained": 1e-3}
"""Defaults of the compact backbone by where training starts, for AdamW and a few thousand crops."""
MEDIAR_LEARNING_RATES: dict[WeightsKind, float] = {"scratch": 2e-3, "pretrained": 8e-4}
"""Defaults of the MA-Net, of its two phases: on the source, then, at two fifths of the rate, on the
annotated images. That is the share of Lee et al. 2023 (arXiv:2212.03465), whose rates of 5e-5 and
2e-5 are for hundreds of times as many crops: 400 crops brought the loss of a MA-Net with mit_b0
from 3.1 to 2.6 at 5e-5, to 1.0 at 5e-4 and to 0.6 at 2e-3."""
CPSAM_LEARNING_RATES: dict[WeightsKind, float] = {"scratch": 1e-4, "pretrained": 1e-5}
"""Defaults of Cellpose's ViT: its own for fine-tuning (cellpose 4.2, `train.py`); from scratch that
of a ViT-L in He et al. 2022 (arXiv:2111.06377, appendix A.2), where random weights learn with
AdamW at 1e-4 for every 256 images of a batch and fine-tuning takes less."""
CPSAM_SCRATCH_WARM_UP = 0.1
"""Share of the training, as there: 20 of 200 epochs; ViTs diverge without one."""


def defaults(segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """Where every search starts."""
    point = training.defaults(learning_rate=_learning_rate(segmenter, weights))
    if is_vit(segmenter) and weights == "scratch":
        point["training.warm_up"] = CPSAM_SCRATCH_WARM_UP
    return point


def space(trial: optuna.Trial, segmenter: SegmenterSpec, weights: WeightsKind) -> dict[str, Any]:
    """One configuration, as flat fields of a `TrialSpec`."""
    return training.space(trial, learning_rate=_learning_rate(segmenter, weights))


def _learning_rate(segmenter: SegmenterSpec, weights: WeightsKind) -> float:
    if is_vit(segmenter):
        return CPSAM_LEARNING_RATES[weights]
    is_mediar = isinstance(segmenter, CellposeSpec) and segmenter.backbone == "mediar"
    return (MEDIAR_LEARNING_RATES if is_mediar else LEARNING_RATES)[weights]
