"""How fine-tuning may move away from pretrained weights."""

from typing import Any, get_args

import optuna

from trainables.spec.training_spec import ScheduleName
from trainables.spec.trial_spec import SegmenterSpec, is_cpsam, is_vit

SETTINGS: dict[str, tuple[str, float, float, bool]] = {
    "discriminative": ("training.layerwise_decay", 0.01, 0.5, True),
    "gradual_unfreezing": ("training.unfreezing", 0.2, 0.8, False),
    "head_then_full": ("training.head_only", 0.05, 0.5, False),
}
"""Of the schedules that have a setting: its field, its range, and whether that is logarithmic."""
LORA = "lora"
LORA_RANKS = (4, 8, 16, 32)
LORA_LEARNING_RATES = (5e-5, 2e-3)
"""Lowest and highest; Hu et al. 2021 and those who fine-tune Segment Anything lie within."""
WEIGHT_DECAY = 1e-4
CPSAM_WEIGHT_DECAY = 0.1
"""Cellpose's own for fine-tuning its ViT (cellpose 4.2, `train.py`)."""
DECAY_TOWARDS = "decay_towards"
"""Name of the parameter: weights are pulled to 0 (weight decay) or to where they began (L2-SP)."""


def defaults(segmenter: SegmenterSpec) -> dict[str, Any]:
    """Where every search starts."""
    return {
        "training.schedule": "full",
        DECAY_TOWARDS: "zero",
        "training.weight_decay": CPSAM_WEIGHT_DECAY if is_vit(segmenter) else WEIGHT_DECAY,
    }


def space(trial: optuna.Trial, segmenter: SegmenterSpec) -> dict[str, Any]:
    """One schedule with its own setting, and one regulariser, as flat fields of a `TrialSpec`.

    For a ViT, LoRA is one schedule more: all that is trainable then is trained at full rate.
    """
    lora = (LORA,) if is_cpsam(segmenter) else ()
    name = trial.suggest_categorical("training.schedule", (*get_args(ScheduleName), *lora))
    if name == LORA:
        return _lora(trial) | _regulariser(trial)
    flat: dict[str, Any] = {"training.schedule": name}
    if name in SETTINGS:
        setting, low, high, is_log = SETTINGS[name]
        flat[setting] = trial.suggest_float(setting, low, high, log=is_log)
    return flat | _regulariser(trial)


def _lora(trial: optuna.Trial) -> dict[str, Any]:
    """Its matrices start at 0 and bear a far higher learning rate than the weights themselves."""
    low, high = LORA_LEARNING_RATES
    return {
        "training.schedule": "full",
        "segmenter.lora_rank": trial.suggest_categorical("segmenter.lora_rank", LORA_RANKS),
        "training.learning_rate": trial.suggest_float("lora.learning_rate", low, high, log=True),
    }


def _regulariser(trial: optuna.Trial) -> dict[str, Any]:
    """Weight decay, or L2-SP in its place.

    The strengths of L2-SP pull a weight back by 1 % to 90 % over a few hundred steps.
    """
    if trial.suggest_categorical(DECAY_TOWARDS, ("zero", "start")) == "zero":
        decay = trial.suggest_float("training.weight_decay", 1e-5, 0.3, log=True)
        return {"training.weight_decay": decay}
    strength = trial.suggest_float("training.l2_sp", 0.1, 30.0, log=True)
    return {"training.l2_sp": strength, "training.weight_decay": 0.0}
