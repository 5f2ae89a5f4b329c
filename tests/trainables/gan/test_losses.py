import math

import pytest
import torch
from torch import Tensor, nn

from trainables.gan.diff_augment import DiffAugment
from trainables.gan.losses import Batch, Networks, adversarial_step

SIDE_PX = 8


class OneGrey(nn.Module):
    """Paints every pixel in one learnt grey."""

    def __init__(self) -> None:
        super().__init__()
        self.grey = nn.Parameter(torch.tensor(0.5))

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        return self.grey * torch.ones_like(noise)


class Scale(nn.Module):
    """Judges an image by its mean, times a learnt factor."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(1.0))

    def forward(self, condition: Tensor, image: Tensor) -> Tensor:
        return self.factor * image.mean(dim=(1, 2, 3))


class NoAugment(DiffAugment):
    def __init__(self) -> None: ...

    def __call__(self, condition: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        return condition, image


def make(*, known: bool = True) -> tuple[Networks, Batch]:
    generator, discriminator = OneGrey(), Scale()
    pixels = torch.zeros(2, 1, SIDE_PX, SIDE_PX)
    networks = Networks(
        generator=generator,
        discriminator=discriminator,
        generator_optimizer=torch.optim.SGD(generator.parameters(), lr=0.1),
        discriminator_optimizer=torch.optim.SGD(discriminator.parameters(), lr=0.1),
    )
    batch = Batch(
        condition=pixels,
        images=pixels + 0.8,
        known=torch.full_like(pixels, known, dtype=torch.bool),
        noise=pixels,
        augment=NoAugment(),
    )
    return networks, batch


def step(networks: Networks, batch: Batch, *, weight: float = 2.0) -> dict[str, float]:
    losses = adversarial_step(
        networks,
        batch,
        autocast=torch.autocast("cpu", enabled=False),
        reconstruction_weight=weight,
    )
    return {
        "discriminator": losses.discriminator,
        "adversarial": losses.adversarial,
        "reconstruction": losses.reconstruction,
    }


def test_one_step_by_hand() -> None:
    """Real 0.8, painted 0.5, factor 1: the hinge loss is (1 - 0.8) + (1 + 0.5) = 1.7.

    Its gradient for the factor is -0.8 + 0.5 = -0.3, so the factor becomes 1.03. Then the painted
    image is judged 0.515, is 0.3 off, and its grey has the gradient -1.03 - 2 = -3.03.
    """
    networks, batch = make()
    losses = step(networks, batch)
    assert losses["discriminator"] == pytest.approx(1.7)
    assert losses["adversarial"] == pytest.approx(-0.515)
    assert losses["reconstruction"] == pytest.approx(0.3)
    assert networks.discriminator.factor.item() == pytest.approx(1.03)
    assert networks.generator.grey.item() == pytest.approx(0.5 + 0.303)


def test_nothing_is_learnt_where_labels_are_unknown() -> None:
    networks, batch = make(known=False)
    losses = step(networks, batch)
    assert losses["reconstruction"] == 0
    assert networks.generator.grey.item() == 0.5


def test_the_generator_step_leaves_the_discriminator_alone_but_trainable() -> None:
    networks, batch = make()
    step(networks, batch)
    assert all(parameter.requires_grad for parameter in networks.discriminator.parameters())
    factor = networks.discriminator.factor
    assert factor.grad is not None
    assert math.isclose(factor.grad.item(), -0.3, rel_tol=1e-5)
