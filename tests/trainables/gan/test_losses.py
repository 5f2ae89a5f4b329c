"""Each loss worked out by hand."""

import math

import pytest
import torch
from torch import Tensor

from trainables.gan.losses import (
    class_balanced,
    feature_matching,
    hinge_discriminator,
    hinge_generator,
    least_squares,
    one_centred_penalty,
    relativistic,
    vanilla,
    zero_centred_penalty,
)

LOGITS = torch.tensor([2.0, -0.5])


def test_hinge() -> None:
    """Real 2 is past its margin, real -0.5 misses it by 1.5; painted 2 and -0.5 by 3 and 0.5."""
    assert hinge_discriminator(LOGITS, LOGITS).item() == pytest.approx(1.5 / 2 + 3.5 / 2)
    assert hinge_generator(LOGITS).item() == pytest.approx(-0.75)


def test_vanilla_is_cross_entropy() -> None:
    probabilities = [1 / (1 + math.exp(-logit)) for logit in (2.0, -0.5)]
    real = -sum(math.log(p) for p in probabilities) / 2
    painted = -sum(math.log(1 - p) for p in probabilities) / 2
    assert vanilla(LOGITS, real=True).item() == pytest.approx(real)
    assert vanilla(LOGITS, real=False).item() == pytest.approx(painted)


def test_least_squares() -> None:
    assert least_squares(LOGITS, real=True).item() == pytest.approx((1 + 2.25) / 2)
    assert least_squares(LOGITS, real=False).item() == pytest.approx((4 + 0.25) / 2)


def test_relativistic_compares_pairs() -> None:
    """Only differences count: -log sigmoid(2 - 1), -log sigmoid(-0.5 - 0.5)."""
    other = torch.tensor([1.0, 0.5])
    expected = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(1))) / 2
    assert relativistic(LOGITS, other).item() == pytest.approx(expected)
    assert relativistic(LOGITS + 9, other + 9).item() == pytest.approx(expected, rel=1e-5)


def test_feature_matching_teaches_the_painted_side_only() -> None:
    real = [torch.zeros(2, requires_grad=True), torch.ones(4, requires_grad=True)]
    painted = [torch.full((2,), 0.5, requires_grad=True), torch.zeros(4, requires_grad=True)]
    loss = feature_matching(real, painted)
    loss.backward()
    assert loss.item() == pytest.approx((0.5 + 1.0) / 2)
    assert real[0].grad is None
    assert painted[0].grad is not None


def slope(images: Tensor) -> Tensor:
    """3 for each pixel of the first crop, 1 for each of the second."""
    return (images * torch.tensor([3.0, 1.0])[:, None, None, None]).sum(dim=(1, 2, 3))


def test_zero_centred_penalty() -> None:
    """Crops of 4 pixels: squared lengths 4 * 9 and 4 * 1."""
    images = torch.randn(2, 1, 2, 2, requires_grad=True)
    assert zero_centred_penalty(slope(images), images).item() == pytest.approx((36 + 4) / 2)


def test_one_centred_penalty() -> None:
    """Lengths 6 and 2, so (5 ** 2 + 1 ** 2) / 2."""
    real, painted = torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2)
    between = torch.tensor([0.2, 0.7])
    assert one_centred_penalty(slope, real, painted, between).item() == pytest.approx(13, rel=1e-5)


def test_class_balanced_leaves_out_pixels_without_a_class() -> None:
    """Two pixels: the first is class 1 of weight 3 with even odds, the second is not known."""
    logits = torch.tensor([[0.0, 50.0], [0.0, -50.0]]).reshape(1, 2, 1, 2)
    classes = torch.tensor([[0.0, 0.0], [1.0, 0.0]]).reshape(1, 2, 1, 2)
    loss = class_balanced(logits, classes, torch.tensor([1.0, 3.0]))
    assert loss.item() == pytest.approx(3 * math.log(2))
