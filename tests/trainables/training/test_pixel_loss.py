import math

import pytest
import torch

from trainables.training.pixel_loss import DICE_WEIGHT, pixel_loss

EVEN = torch.ones(3)


def logits_for(targets: torch.Tensor, *, confidence: float) -> torch.Tensor:
    """Logits [N, 3, H, W] that favour the true class of each pixel."""
    return confidence * torch.nn.functional.one_hot(targets.clamp(min=0), 3).permute(0, 3, 1, 2)


def test_a_perfect_prediction_costs_nothing():
    targets = torch.tensor([[[0, 1, 2, 0]]])
    value = pixel_loss(logits_for(targets, confidence=50.0), targets, class_weights=EVEN)
    assert value == pytest.approx(0, abs=1e-6)


def test_knowing_nothing_costs_the_entropy_and_the_dice_of_chance():
    targets = torch.arange(3).repeat(1, 30, 10)  # 300 pixels of each class, 900 in all
    value = pixel_loss(torch.zeros(1, 3, 30, 30), targets, class_weights=EVEN)
    dice = (2 * 100 + 10) / (300 + 300 + 10)  # each class: 100 of probability where it is true
    assert value == pytest.approx(math.log(3) + DICE_WEIGHT * (1 - dice))


def test_unknown_pixels_do_not_count():
    targets = torch.tensor([[[0, 1, 2, -1]]])
    logits = logits_for(targets, confidence=3.0).float().requires_grad_()
    value = pixel_loss(logits, targets, class_weights=EVEN)
    value.backward()
    assert logits.grad is not None
    assert not logits.grad[..., 3].any()
    assert logits.grad[..., :3].all()
    expected = pixel_loss(logits[..., :3], targets[..., :3], class_weights=EVEN)
    assert value.item() == pytest.approx(expected.item())


def test_a_batch_of_unknown_pixels_costs_nothing_and_is_finite():
    targets = torch.full((1, 4, 4), -1)
    assert pixel_loss(torch.ones(1, 3, 4, 4), targets, class_weights=EVEN) == 0


def test_a_weighty_class_counts_more():
    targets = torch.tensor([[[0, 2]]])
    missed = torch.tensor([[[5.0, 5.0]], [[0.0, 0.0]], [[0.0, 0.0]]])[None]
    heavy = pixel_loss(missed, targets, class_weights=torch.tensor([1.0, 1.0, 4.0]))
    assert heavy > pixel_loss(missed, targets, class_weights=EVEN)
