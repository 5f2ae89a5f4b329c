"""Two players and what each is trained for; and the step in which they are trained.

An architecture is an `Adversary`: its networks, and a loss for each. The learning rates and the
running mean of the weights are in fitting/engine.py, when to report, keep and stop in
fitting/course.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from trainables.gan.diff_augment import DiffAugment

Fakes = dict[str, Tensor]
"""What a generator made in one step, by name; always includes `image`."""
Terms = dict[str, Tensor]
"""The weighted terms of a loss, by name; the loss is their sum."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """The input of one training step."""

    condition: Tensor
    """float [N, K, P, P]; see conditioning.py. It belongs to the real images, except where the
    architecture does without pairs."""
    images: Tensor
    """float [N, C, P, P], the real images."""
    known: Tensor
    """bool [N, 1, P, P]: where labels are known; elsewhere nothing is learnt."""
    noise: Tensor
    """float [N, noise_channels, P, P], standard normal."""
    between: Tensor
    """float [N] in [0, 1], for uses that need one random number per crop."""
    augment: DiffAugment


class Adversary(Protocol):
    """One architecture, made by `ARCHITECTURES[spec.architecture].make(spec, channels)`."""

    generator: nn.Module
    """Everything trained on the generator's side; called with (condition, noise), it returns images
    [N, C, H, W], or images and relief [N, C + 2, H, W] where it makes both."""
    discriminator: nn.Module
    """Everything trained on the discriminator's side."""
    noise_channels: int
    """Channels of white noise that the generator receives."""
    momenta: tuple[float, float]
    """Adam's betas, for both sides."""

    def make(self, batch: Batch) -> Fakes:
        """What the generator makes from a batch; gradients pass."""

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        """The discriminator's loss terms; `fakes` are detached."""

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        """The generator's loss terms; gradients pass through the frozen discriminator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Optimizers:
    """One for each side."""

    generator: torch.optim.Optimizer
    discriminator: torch.optim.Optimizer


def optimizers_of(adversary: Adversary) -> Optimizers:
    """Adam for both sides; `set_rates` gives the learning rates."""
    return Optimizers(
        generator=_adam(adversary.generator, adversary.momenta),
        discriminator=_adam(adversary.discriminator, adversary.momenta),
    )


def set_rates(optimizers: Optimizers, *, rate: float, discriminator_speed: float = 1.0) -> None:
    """Learning rates of both sides.

    Args:
        rate: the generator's.
        discriminator_speed: how many times as fast the other side learns; two time scales as in
            Heusel et al. 2017 (arXiv:1706.08500).
    """
    for group in optimizers.generator.param_groups:
        group["lr"] = rate
    for group in optimizers.discriminator.param_groups:
        group["lr"] = rate * discriminator_speed


def adversarial_step(
    adversary: Adversary,
    optimizers: Optimizers,
    batch: Batch,
    *,
    autocast: torch.autocast,
    with_generator: bool = True,
) -> dict[str, float]:
    """Updates the discriminator, then the generator, on one batch.

    The generator's output is computed once and serves both, which saves a quarter of the time.

    Args:
        autocast: the precision that networks compute in; losses are taken in float32.
        with_generator: False where only the discriminator takes a step.

    Returns:
        `discriminator`, and every term of each side, named `discriminator.TERM` and
        `generator.TERM`.
    """
    with autocast, torch.set_grad_enabled(with_generator):
        fakes = adversary.make(batch)
    with autocast:
        terms = adversary.discriminator_loss(
            batch, {name: made.detach() for name, made in fakes.items()}
        )
    losses = _update(optimizers.discriminator, terms, side="discriminator")
    if not with_generator:
        return losses
    adversary.discriminator.requires_grad_(False)
    with autocast:
        terms = adversary.generator_loss(batch, fakes)
    losses |= _update(optimizers.generator, terms, side="generator")
    adversary.discriminator.requires_grad_(True)
    return losses


def where_known(batch: Batch, painted: Tensor) -> Tensor:
    """Painted images, with the real pixels in place of those whose labels are unknown."""
    return torch.where(batch.known, painted, batch.images.to(painted.dtype))


def _adam(network: nn.Module, momenta: tuple[float, float]) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), betas=momenta, fused=True)


def _update(optimizer: torch.optim.Optimizer, terms: Terms, *, side: str) -> dict[str, float]:
    loss = torch.stack([term.float() for term in terms.values()]).sum()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return {side: loss.item()} | _numbers(terms.items(), side=side)


def _numbers(terms: Iterable[tuple[str, Tensor]], *, side: str) -> dict[str, float]:
    return {f"{side}.{name}": term.item() for name, term in terms}


def mean_losses(steps: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Mean of every loss over the steps in which it was taken."""
    sums: dict[str, list[float]] = {}
    for step in steps:
        for name, value in step.items():
            sums.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in sums.items()}
