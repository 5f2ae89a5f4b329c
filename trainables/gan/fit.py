"""Fitting a GAN to annotated samples: the loop around the adversarial step."""

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from trainables.data.sample import Sample
from trainables.gan.batches import draw_gan_batch
from trainables.gan.losses import Networks, StepLosses, adversarial_step
from trainables.gan.painter import Painter, palette_of
from trainables.gan.protocol import GANS, GanProgress, Generator, ReportGan
from trainables.randomness import Randomness, fence
from trainables.segmenters.clock import TrainingDiverged
from trainables.segmenters.protocol import Checkpoints
from trainables.segmenters.schedule import decay
from trainables.segmenters.torch_device import (
    autocast,
    best_device,
    place,
    reproducible,
)
from trainables.spec import GanSpec

CHECKPOINT_FILE = "gan.pt"
REPORTS = 10
"""Times that progress is reported, evenly spaced over the fit."""
AVERAGED_SHARE = 0.05
"""The generator kept is a running mean of its weights over about this share of the fit."""
MOMENTA = (0.0, 0.99)
"""Adam's; no first momentum, as in Zhang et al. 2019 (arXiv:1805.08318)."""


@dataclass(kw_only=True, slots=True)
class _State:
    """How far a fit has come, beyond the weights and the optimisers."""

    step: int = 0
    seconds: float = 0.0
    losses: list[dict[str, float]] = field(default_factory=list)
    """Of the steps since the last report."""
    progress: list[GanProgress] = field(default_factory=list)


def fit_gan(
    samples: Sequence[Sample],
    *,
    spec: GanSpec,
    randomness: Randomness,
    report: ReportGan,
    checkpoints: Checkpoints,
) -> Generator:
    """Fits a GAN to annotated samples and nothing else.

    A fit that goes on from a checkpoint first reports again what was reported before it, and
    gives the same generator as one that was never interrupted.

    Args:
        samples: the annotated training samples at the working scale, with one number of channels.
        spec: architecture and length of the fit.
        randomness: of the fit.
        report: told ten times how far the fit has come.
        checkpoints: where its state is kept.

    Returns:
        The running mean of the generator's weights (Yazıcı et al. 2019, arXiv:1806.04498), with
        the colours of the samples.

    Raises:
        TrainingDiverged: a loss became infinite or NaN.
        ValueError: there is no sample.
    """
    if not samples:
        raise ValueError("A GAN needs at least one annotated sample, but got none.")
    device, channels = best_device(), samples[0].image.shape[2]
    with fence(randomness.integer("gan weights")):
        networks = _networks(spec, channels=channels, device=device)
    average = copy.deepcopy(networks.generator).requires_grad_(False)
    state = _restore(networks, average, folder=checkpoints.load(), device=device)
    for entry in state.progress:
        report(entry)
    with reproducible():
        while state.step < _steps(spec):
            _advance(state, networks, average, samples=samples, spec=spec, randomness=randomness)
            if _due(state, spec):
                report(_note(state, spec))
            if checkpoints.due():
                checkpoints.save(lambda folder: _write(networks, average, state, folder))
    painter = Painter(spec, channels=channels)
    painter.network.load_state_dict(average.state_dict())
    painter.palette = palette_of(samples)
    return painter


def _networks(spec: GanSpec, *, channels: int, device: torch.device) -> Networks:
    generator, discriminator = GANS[spec.architecture](spec, channels)
    place(generator, device)
    place(discriminator, device)
    return Networks(
        generator=generator,
        discriminator=discriminator,
        generator_optimizer=_adam(generator),
        discriminator_optimizer=_adam(discriminator),
    )


def _adam(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), betas=MOMENTA, fused=True)


def _advance(
    state: _State,
    networks: Networks,
    average: nn.Module,
    *,
    samples: Sequence[Sample],
    spec: GanSpec,
    randomness: Randomness,
) -> None:
    """One step of the fit."""
    started = time.perf_counter()
    device = next(average.parameters()).device
    _set_rates(networks, spec=spec, progress=state.step / _steps(spec))
    state.step += 1
    batch = draw_gan_batch(
        samples, spec=spec, rng=randomness.generator("gan batch", state.step), device=device
    )
    losses = adversarial_step(
        networks,
        batch,
        autocast=autocast(device),
        reconstruction_weight=spec.reconstruction_weight,
    )
    _refuse_divergence(losses, step=state.step)
    _average(average, networks.generator, steps=AVERAGED_SHARE * _steps(spec))
    state.losses.append(asdict(losses))
    state.seconds += time.perf_counter() - started


def _steps(spec: GanSpec) -> int:
    return max(spec.images_seen // spec.batch_size, 1)


def _set_rates(networks: Networks, *, spec: GanSpec, progress: float) -> None:
    rate = spec.learning_rate * decay(progress)
    for group in networks.generator_optimizer.param_groups:
        group["lr"] = rate
    for group in networks.discriminator_optimizer.param_groups:
        group["lr"] = rate * spec.discriminator_speed


def _refuse_divergence(losses: StepLosses, *, step: int) -> None:
    for name, value in asdict(losses).items():
        if not math.isfinite(value):
            raise TrainingDiverged(
                f"The losses of a GAN must stay finite, but its {name} loss became {value} at "
                f"step {step}: lower the learning rate, or look for NaN in the images."
            )


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, *, steps: float) -> None:
    """Moves a running mean over about so many steps towards the network's weights."""
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, 1 / max(steps, 1))


def _due(state: _State, spec: GanSpec) -> bool:
    steps = _steps(spec)
    return state.step * REPORTS // steps > (state.step - 1) * REPORTS // steps


def _note(state: _State, spec: GanSpec) -> GanProgress:
    """Adds a report to the history."""
    means = {
        name: float(np.mean([entry[name] for entry in state.losses])) for name in state.losses[0]
    }
    state.losses.clear()
    state.progress.append(
        GanProgress(
            images_seen=state.step * spec.batch_size,
            device_seconds=state.seconds,
            discriminator_loss=means["discriminator"],
            adversarial_loss=means["adversarial"],
            reconstruction_loss=means["reconstruction"],
        )
    )
    return state.progress[-1]


def _parts(networks: Networks, average: nn.Module) -> dict[str, Any]:
    """All that has weights or moments."""
    return {
        "generator": networks.generator,
        "discriminator": networks.discriminator,
        "generator_optimizer": networks.generator_optimizer,
        "discriminator_optimizer": networks.discriminator_optimizer,
        "average": average,
    }


def _write(networks: Networks, average: nn.Module, state: _State, folder: Path) -> None:
    content = {name: part.state_dict() for name, part in _parts(networks, average).items()}
    torch.save(content | {"state": asdict(state)}, folder / CHECKPOINT_FILE)


def _restore(
    networks: Networks, average: nn.Module, *, folder: Path | None, device: torch.device
) -> _State:
    """Puts back what `_write` wrote; a fresh state where there is no checkpoint."""
    if folder is None:
        return _State()
    content = torch.load(folder / CHECKPOINT_FILE, map_location=device, weights_only=True)
    for name, part in _parts(networks, average).items():
        part.load_state_dict(content[name])
    raw = content["state"]
    raw["progress"] = [GanProgress(**entry) for entry in raw["progress"]]
    return _State(**raw)
