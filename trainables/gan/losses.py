"""The adversarial step: two losses, one update of each network. Knows no loop and no device."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.gan.diff_augment import DiffAugment


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What one step is given."""

    condition: Tensor
    """float [N, K, P, P]; see conditioning.py."""
    images: Tensor
    """float [N, C, P, P], the real ones."""
    known: Tensor
    """bool [N, 1, P, P]: where labels are known; elsewhere nothing is learnt."""
    noise: Tensor
    """float [N, NOISE_CHANNELS, P, P], standard normal."""
    augment: DiffAugment


@dataclass(frozen=True, kw_only=True, slots=True)
class Networks:
    """The two players and their optimisers."""

    generator: nn.Module
    discriminator: nn.Module
    generator_optimizer: torch.optim.Optimizer
    discriminator_optimizer: torch.optim.Optimizer


@dataclass(frozen=True, kw_only=True, slots=True)
class StepLosses:
    """The losses of one step, as numbers without gradients."""

    discriminator: float
    adversarial: float
    reconstruction: float


def adversarial_step(
    networks: Networks, batch: Batch, *, autocast: torch.autocast, reconstruction_weight: float
) -> StepLosses:
    """Updates the discriminator, then the generator, on one batch.

    Hinge losses: Lim and Ye 2017 (arXiv:1705.02894). Updating both once, at two learning rates:
    Heusel et al. 2017 (arXiv:1706.08500). L1 reconstruction: Isola et al. 2017 (arXiv:1611.07004).
    """
    with autocast:
        painted = networks.generator(batch.condition, batch.noise)
        painted = torch.where(batch.known, painted, batch.images)
        judged_real = _judge(networks, batch, batch.images)
        judged_painted = _judge(networks, batch, painted.detach())
    # Eq. 4 of arXiv:1705.02894
    discriminator_loss = (
        functional.relu(1 - judged_real.float()).mean()
        + functional.relu(1 + judged_painted.float()).mean()
    )
    _update(networks.discriminator_optimizer, discriminator_loss)

    networks.discriminator.requires_grad_(False)
    with autocast:
        adversarial = -_judge(networks, batch, painted).float().mean()
    reconstruction = functional.l1_loss(painted.float(), batch.images)
    _update(networks.generator_optimizer, adversarial + reconstruction_weight * reconstruction)
    networks.discriminator.requires_grad_(True)
    return StepLosses(
        discriminator=discriminator_loss.item(),
        adversarial=adversarial.item(),
        reconstruction=reconstruction.item(),
    )


def _judge(networks: Networks, batch: Batch, images: Tensor) -> Tensor:
    return networks.discriminator(*batch.augment(batch.condition, images))


def _update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
