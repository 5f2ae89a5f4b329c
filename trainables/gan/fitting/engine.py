"""The fit of a GAN, step by step: two players, their optimisers, and the generator's average."""

import contextlib
import copy
from pathlib import Path
from typing import Any

import torch
from torch import nn

from trainables.gan.adversary import (
    Adversary,
    Batch,
    adversarial_step,
    optimizers_of,
    set_rates,
)
from trainables.gan.fitting.batches import Material, draw_gan_batch
from trainables.gan.fitting.health import refuse_divergence
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec
from trainables.spec.randomness import Randomness, fence
from trainables.training.device import autocast, best_device, place
from trainables.training.schedule import decay

CHECKPOINT_FILE = "gan.pt"
AVERAGED_SHARE = 0.05
"""Share of the fit over which, roughly, the running mean of the generator's weights is taken."""


class GanEngine:
    """See `Engine` for what each method promises. It pauses at each step.

    What is scored and kept is `average`, the running mean of the generator's weights (Yazıcı et
    al. 2019, arXiv:1806.04498): a network of its own, so that scoring it swaps no weights.
    """

    def __init__(self, material: Material, *, spec: GanSpec, randomness: Randomness) -> None:
        """Makes the networks of an architecture.

        Args:
            material: what they learn from.
            spec: architecture and length of the fit.
            randomness: of the fit.
        """
        self._material = material
        self._spec = spec
        self._randomness = randomness
        self._device = best_device()
        channels = material.images[0].image.shape[2]
        with fence(randomness.integer("gan weights")):
            self.adversary: Adversary = ARCHITECTURES[spec.architecture].make(spec, channels)
        for network in (self.adversary.generator, self.adversary.discriminator):
            place(network, self._device)
        self._optimizers = optimizers_of(self.adversary)
        self.average = copy.deepcopy(self.adversary.generator).requires_grad_(False).eval()
        self._kept: dict[str, torch.Tensor] = {}

    def advance(self, step: int, *, end: int) -> tuple[int, dict[str, float]]:
        spec, steps = self._spec, fit_steps(self._spec)
        rate = spec.learning_rate * decay(step / steps)
        set_rates(self._optimizers, rate=rate, discriminator_speed=spec.discriminator_speed)
        step += 1
        losses = adversarial_step(
            self.adversary,
            self._optimizers,
            self._batch("gan batch", step),
            autocast=autocast(self._device),
            with_generator=step % spec.critic_steps == 0,
        )
        refuse_divergence(losses, step=step)
        move_average(self.average, self.adversary.generator, steps=AVERAGED_SHARE * steps)
        return step, losses

    def probe(self) -> Batch:
        """A batch for inspecting the generator, the same each time."""
        return self._batch("gan probe")

    def evaluating(self) -> contextlib.nullcontext[None]:
        return contextlib.nullcontext()

    def keep(self) -> None:
        self._kept = copy.deepcopy(self.average.state_dict())

    def restore_kept(self) -> None:
        self.average.load_state_dict(self._kept)

    def write(self, folder: Path) -> None:
        content = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save(content | {"kept": self._kept}, folder / CHECKPOINT_FILE)

    def read(self, folder: Path) -> None:
        content = torch.load(folder / CHECKPOINT_FILE, map_location=self._device, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(content[name])
        self._kept = content["kept"]

    def _batch(self, *purpose: int | str) -> Batch:
        return draw_gan_batch(
            self._material,
            spec=self._spec,
            noise_channels=self.adversary.noise_channels,
            rng=self._randomness.generator(*purpose),
            device=self._device,
        )

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.adversary.generator,
            "discriminator": self.adversary.discriminator,
            "generator_optimizer": self._optimizers.generator,
            "discriminator_optimizer": self._optimizers.discriminator,
            "average": self.average,
        }


def fit_steps(spec: GanSpec) -> int:
    """Steps of a whole fit."""
    return max(spec.images_seen // spec.batch_size, 1)


@torch.no_grad()
def move_average(average: nn.Module, network: nn.Module, *, steps: float) -> None:
    """Moves a running mean over about this many steps towards the network's weights."""
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, 1 / max(steps, 1))
    for kept, buffer in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(buffer)
