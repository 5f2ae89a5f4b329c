"""How fine-tuning may move away from pretrained weights."""

from typing import TYPE_CHECKING, Any, get_args

from search_spaces import parameters
from trainables.spec.space import Choice, Range, Space
from trainables.spec.training_spec import ScheduleName

if TYPE_CHECKING:
    import optuna


SETTINGS: dict[str, Range] = {
    "discriminative": Range(
        field="training.layerwise_decay", low=0.01, high=0.5, default=0.1, log=True
    ),
    "gradual_unfreezing": Range(field="training.unfreezing", low=0.2, high=0.8, default=0.5),
    "head_then_full": Range(field="training.head_only", low=0.05, high=0.5, default=0.2),
}
"""The setting of each schedule that has one."""
LORA = "lora"
LORA_RANK = Choice(field="training.lora_rank", values=(4, 8, 16, 32), default=8)
LORA_LEARNING_RATES = (5e-5, 2e-3)
"""Lowest and highest; the rates of Hu et al. 2021 and of fine-tuned Segment Anything lie between.
The matrices start at 0 and tolerate a far higher learning rate than the weights themselves."""
WEIGHT_DECAYS = (1e-5, 0.3)
L2_SP = Range(field="training.l2_sp", low=0.1, high=30.0, default=1.0, log=True)
"""Pulls a weight back by 1 % to 90 % over a few hundred steps."""
DECAY_TOWARDS = "decay_towards"
"""Name of the parameter: weights are pulled to 0 (weight decay) or to where they began (L2-SP)."""


def defaults(space: Space) -> dict[str, Any]:
    """Where every search starts.

    Args:
        space: of the family.
    """
    return {
        "training.schedule": "full",
        DECAY_TOWARDS: "zero",
        "training.weight_decay": space.weight_decay,
    }


def suggest(trial: "optuna.Trial", space: Space) -> dict[str, Any]:
    """One schedule with its own setting, and one regulariser, as flat fields of a `TrialSpec`.

    For networks with LoRA, it is one more schedule, in which every trainable weight is trained at
    the full rate.

    Args:
        space: of the family.
    """
    lora = (LORA,) if space.low_rank else ()
    name = trial.suggest_categorical("training.schedule", (*get_args(ScheduleName), *lora))
    if name == LORA:
        return _lora(trial) | _regulariser(trial)
    own = [SETTINGS[name]] if name in SETTINGS else []
    return {"training.schedule": name, **parameters.suggest(trial, own), **_regulariser(trial)}


def _lora(trial: "optuna.Trial") -> dict[str, Any]:
    low, high = LORA_LEARNING_RATES
    return {
        "training.schedule": "full",
        **parameters.suggest(trial, [LORA_RANK]),
        "training.learning_rate": trial.suggest_float("lora.learning_rate", low, high, log=True),
    }


def _regulariser(trial: "optuna.Trial") -> dict[str, Any]:
    """Weight decay, or L2-SP in its place."""
    if trial.suggest_categorical(DECAY_TOWARDS, ("zero", "start")) == "zero":
        low, high = WEIGHT_DECAYS
        decay = trial.suggest_float("training.weight_decay", low, high, log=True)
        return {"training.weight_decay": decay}
    return parameters.suggest(trial, [L2_SP]) | {"training.weight_decay": 0.0}
