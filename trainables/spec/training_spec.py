"""How a segmenter is trained: length, learning rates, regularisation, augmentation."""

from dataclasses import dataclass
from typing import Literal, get_args

from trainables.spec.checks import at_least, one_of

ScheduleName = Literal[
    "full", "frozen_encoder", "discriminative", "gradual_unfreezing", "head_then_full"
]
DecayName = Literal["cosine", "constant"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSpec:
    """How a segmenter is trained; the same words for every family."""

    images_seen: int = 1600
    """Total crops shown to the optimiser: the length of the training; 0 trains nothing."""
    evaluations: int = 5
    """Evaluations on validation, evenly spaced over `images_seen`; the last one at the end."""
    patience: int = 0
    """Training ends early after this many evaluations without a better score; 0 never."""
    batch_size: int = 8
    """Crops per step."""
    crop_px: int = 128
    """Side of the square crops at the working scale, in pixels; a multiple of 32."""
    learning_rate: float = 1e-3
    """Peak learning rate, reached after the warm-up."""
    warm_up: float = 0.05
    """Share of the training in which the learning rate rises, in [0, 1)."""
    decay: DecayName = "cosine"
    """After the warm-up the learning rate falls to 0 along half a cosine, or stays constant."""
    weight_decay: float = 1e-4
    """Decoupled weight decay (AdamW)."""
    l2_sp: float = 0.0
    """Decoupled pull of all weights towards those that training started from (L2-SP)."""
    gradient_norm: float = 1.0
    """Gradients are clipped to this length, so that with few images one odd batch does not undo
    the rest; 0 leaves them as they are."""
    averaging: float = 0.0
    """Time constant, as a share of the training, of the moving average of the weights that is
    scored and kept; 0 scores and keeps the weights themselves."""
    schedule: ScheduleName = "full"
    """How training moves away from pretrained weights."""
    layerwise_decay: float = 0.1
    """Of `discriminative`: learning rate at the input as a share of the head's, in (0, 1]."""
    unfreezing: float = 0.5
    """Of `gradual_unfreezing`: share of the training after which no layer is frozen any more."""
    head_only: float = 0.2
    """Of `head_then_full`: share of the training in which the head alone is trained."""
    lora_rank: int = 0
    """Rank of the matrices that are trained in place of a transformer's attention (LoRA); 0 trains
    all weights. They are merged at the end, so that the trained model has its own layers again."""
    zoom: float = 1.5
    """Crops are zoomed by a factor drawn log-uniformly from [1 / zoom, zoom]; at least 1."""
    intensity: float = 0.2
    """Strength of brightness, contrast, blur and noise changes; 0 is none, 1 is strong."""

    def __post_init__(self) -> None:
        at_least(self, images_seen=0, evaluations=1, patience=0, batch_size=1, crop_px=32)
        at_least(self, learning_rate=0.0, weight_decay=0.0, l2_sp=0.0, gradient_norm=0.0)
        at_least(self, intensity=0.0, zoom=1.0, lora_rank=0)
        one_of(self, schedule=get_args(ScheduleName), decay=get_args(DecayName))
        self._check_shares()
        if self.crop_px % 32:
            raise ValueError(f"crop_px must be a multiple of 32, but got {self.crop_px}.")
        if 0 < self.images_seen < self.batch_size * self.evaluations:
            raise ValueError(
                f"images_seen must be at least batch_size * evaluations = "
                f"{self.batch_size * self.evaluations}, one step between two evaluations, or 0 "
                f"for no training, but got {self.images_seen}."
            )

    @property
    def steps(self) -> int:
        """Optimiser steps in all."""
        if self.images_seen == 0:
            return 0
        return max(self.images_seen // self.batch_size, self.evaluations)

    def _check_shares(self) -> None:
        for name in ("warm_up", "averaging", "unfreezing", "head_only"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), but got {getattr(self, name)}.")
        if not 0 < self.layerwise_decay <= 1:
            raise ValueError(f"layerwise_decay must be in (0, 1], but got {self.layerwise_decay}.")
