"""The loss of a network that classifies every pixel."""

import torch
from torch.nn import functional

DICE_WEIGHT = 0.5
SMOOTHING_PX = 10.0
"""Added to both sides of the Dice quotient, so that a class absent from a batch costs nothing."""


def pixel_loss(
    logits: torch.Tensor, targets: torch.Tensor, *, class_weights: torch.Tensor
) -> torch.Tensor:
    """Weighted cross-entropy plus soft Dice, over the pixels whose class is known.

    Args:
        logits: float32 [N, classes, H, W].
        targets: int64 [N, H, W]; negative where unknown.
        class_weights: float32 [classes].

    Returns:
        One number; 0 where no pixel is known.

    Source: soft Dice, Milletari et al. 2016 (arXiv:1606.04797); the sum of both as in nnU-Net,
    Isensee et al. 2021.
    """
    known = (targets >= 0).unsqueeze(1)
    truth = functional.one_hot(targets.clamp(min=0), logits.shape[1]).permute(0, 3, 1, 2) * known
    log_probabilities = functional.log_softmax(logits, dim=1)
    weighted = truth * class_weights.view(1, -1, 1, 1)
    cross_entropy = -(weighted * log_probabilities).sum() / weighted.sum().clamp(min=1)
    return cross_entropy + DICE_WEIGHT * _dice_loss(log_probabilities.exp() * known, truth)


def _dice_loss(probabilities: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """One minus the Dice quotient of each class over the whole batch, averaged over classes."""
    over_pixels = (0, 2, 3)
    shared = (probabilities * truth).sum(over_pixels)
    total = probabilities.sum(over_pixels) + truth.sum(over_pixels)
    return (1 - (2 * shared + SMOOTHING_PX) / (total + SMOOTHING_PX)).mean()
