"""The adversarial step, with players of one number each."""

import pytest
import torch
from torch import Tensor, nn

from trainables.gan.adversary import Batch, Fakes, Optimizers, Terms, adversarial_step, mean_losses
from trainables.gan.diff_augment import DiffAugment

SIDE_PX = 8


class OneGrey(nn.Module):
    """Paints every pixel in one learnt grey."""

    def __init__(self) -> None:
        super().__init__()
        self.grey = nn.Parameter(torch.tensor(0.5))

    def forward(self, like: Tensor) -> Tensor:
        return self.grey * torch.ones_like(like)


class Scale(nn.Module):
    """Judges an image by its mean, times a learnt factor."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(1.0))

    def forward(self, image: Tensor) -> Tensor:
        return self.factor * image.mean(dim=(1, 2, 3))


class Plain:
    """The discriminator wants real images high and painted ones low; the generator fools it."""

    noise_channels = 1
    momenta = (0.0, 0.9)

    def __init__(self) -> None:
        self.generator: nn.Module = OneGrey()
        self.discriminator: nn.Module = Scale()

    def make(self, batch: Batch) -> Fakes:
        return {"image": self.generator(batch.images)}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        assert not fakes["image"].requires_grad
        return {
            "real": -self.discriminator(batch.images).mean(),
            "painted": self.discriminator(fakes["image"]).mean(),
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        return {"adversarial": -self.discriminator(fakes["image"]).mean()}


def step(plain: Plain, *, with_generator: bool = True) -> dict[str, float]:
    pixels = torch.zeros(2, 1, SIDE_PX, SIDE_PX)
    batch = Batch(
        condition=pixels,
        images=pixels + 0.8,
        known=torch.ones_like(pixels, dtype=torch.bool),
        noise=pixels,
        between=torch.zeros(2),
        augment=DiffAugment(count=2, side_px=SIDE_PX, rng=torch.Generator()),
    )
    optimizers = Optimizers(
        generator=torch.optim.SGD(plain.generator.parameters(), lr=0.1),
        discriminator=torch.optim.SGD(plain.discriminator.parameters(), lr=0.1),
    )
    return adversarial_step(
        plain,
        optimizers,
        batch,
        autocast=torch.autocast("cpu", enabled=False),
        with_generator=with_generator,
    )


def test_one_step_by_hand() -> None:
    """Real 0.8, painted 0.5, factor 1: the discriminator's loss is -0.8 + 0.5, its gradient for
    the factor the same, so the factor becomes 1.03; the grey then has the gradient -1.03."""
    plain = Plain()
    losses = step(plain)
    assert losses == pytest.approx(
        {
            "discriminator": -0.3,
            "discriminator.real": -0.8,
            "discriminator.painted": 0.5,
            "generator": -0.515,
            "generator.adversarial": -0.515,
        }
    )
    assert plain.discriminator.factor.item() == pytest.approx(1.03)
    assert plain.generator.grey.item() == pytest.approx(0.603)


def test_the_generator_step_leaves_the_discriminator_alone_but_trainable() -> None:
    plain = Plain()
    step(plain)
    assert plain.discriminator.factor.requires_grad
    assert plain.discriminator.factor.grad.item() == pytest.approx(-0.3)


def test_a_step_of_the_discriminator_alone() -> None:
    plain = Plain()
    assert set(step(plain, with_generator=False)) == {
        "discriminator",
        "discriminator.real",
        "discriminator.painted",
    }
    assert plain.generator.grey.item() == 0.5


def test_means_are_over_the_steps_that_took_a_loss() -> None:
    steps = [{"discriminator": 1.0}, {"discriminator": 3.0, "generator": 5.0}]
    assert mean_losses(steps) == {"discriminator": 2.0, "generator": 5.0}
