"""Fitting a GAN to annotated samples: the loop around the adversarial step, for all of them."""

import copy
import time
from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import nn

from trainables.data.sample import Sample
from trainables.gan.adversary import Batch, adversarial_step, mean_losses, optimizers_of, set_rates
from trainables.gan.fitting.batches import Material, draw_gan_batch, loose_material
from trainables.gan.fitting.health import (
    JUDGED_FROM,
    SETTLED_STEPS,
    has_gone_wrong,
    is_nearest,
    refuse_collapse,
    refuse_divergence,
    variety,
)
from trainables.gan.fitting.state import Fit
from trainables.gan.generators.creator import Creator
from trainables.gan.generators.painter import Painter
from trainables.gan.protocol import UNKNOWN, GanProgress, ReportGan, Watch
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec
from trainables.spec.randomness import Randomness, fence
from trainables.training.contract import Checkpoints
from trainables.training.device import autocast, best_device, place, reproducible
from trainables.training.schedule import decay

REPORTS = 10
"""Times that progress is reported, evenly spaced over the fit."""
AVERAGED_SHARE = 0.05
"""The generator kept is a running mean of its weights over about this share of the fit."""


def fit_gan(
    samples: Sequence[Sample],
    *,
    spec: GanSpec,
    randomness: Randomness,
    report: ReportGan,
    checkpoints: Checkpoints,
    unlabelled: Sequence[Sample] = (),
    watch: Watch = lambda generator: UNKNOWN,
) -> Painter | Creator:
    """Fits a GAN to annotated samples and nothing else.

    A fit that goes on from a checkpoint first reports again what was reported before it, and
    gives the same generator as one that was never interrupted.

    Args:
        samples: the annotated training samples at the working scale, with one number of channels.
        spec: architecture and length of the fit.
        randomness: of the fit.
        report: told ten times how far the fit has come.
        checkpoints: where its state is kept.
        unlabelled: images without labels, at the same scale; only architectures that do without
            pairs can use them.
        watch: measures the generator in the second half of the fit, on real crops that are
            neither the GAN's nor the test's. The nearest is kept, and a fit that moves away from
            them ends early.

    Returns:
        The running mean of the generator's weights (Yazıcı et al. 2019, arXiv:1806.04498).

    Raises:
        TrainingDiverged: a loss became infinite, NaN or enormous.
        GanCollapsed: the crops that it makes are all alike.
        ValueError: there is no sample.
    """
    material = Material(images=samples)
    device = best_device()
    fit = _start(spec, channels=samples[0].image.shape[2], randomness=randomness, device=device)
    if not ARCHITECTURES[spec.architecture].needs_pairs:
        rng = randomness.generator("loose masks")
        material = loose_material(samples, unlabelled=unlabelled, spec=spec, rng=rng)

    @cache
    def learnt() -> Painter | Creator:  # made when it is first needed, and once
        return _generator(samples, spec=spec)

    if folder := checkpoints.load():
        fit.read(folder, device=device)
    for entry in fit.clock.progress:
        report(entry)
    with reproducible():
        while fit.clock.step < _steps(spec) and not fit.clock.stopped:
            _advance(fit, material, spec=spec, randomness=randomness, device=device)
            if _due(fit.clock.step, spec):
                probe = _batch(fit, material, spec, randomness, "gan probe", device=device)
                _note(fit, probe, spec=spec, watch=lambda: watch(_with_average(learnt(), fit)))
                report(fit.clock.progress[-1])
                if fit.clock.step >= SETTLED_STEPS:
                    refuse_collapse(fit.clock.progress, images_seen=spec.images_seen)
            if checkpoints.due():
                checkpoints.save(fit.write)
    fit.average.load_state_dict(fit.clock.kept)
    return _with_average(learnt(), fit)


def _start(spec: GanSpec, *, channels: int, randomness: Randomness, device: torch.device) -> Fit:
    with fence(randomness.integer("gan weights")):
        adversary = ARCHITECTURES[spec.architecture].make(spec, channels)
    for network in (adversary.generator, adversary.discriminator):
        place(network, device)
    return Fit(
        adversary=adversary,
        optimizers=optimizers_of(adversary),
        average=copy.deepcopy(adversary.generator).requires_grad_(False).eval(),
    )


def _advance(
    fit: Fit,
    material: Material,
    *,
    spec: GanSpec,
    randomness: Randomness,
    device: torch.device,
) -> None:
    """One step of the fit."""
    started, clock = time.perf_counter(), fit.clock
    rate = spec.learning_rate * decay(clock.step / _steps(spec))
    set_rates(fit.optimizers, rate=rate, discriminator_speed=spec.discriminator_speed)
    clock.step += 1
    losses = adversarial_step(
        fit.adversary,
        fit.optimizers,
        _batch(fit, material, spec, randomness, "gan batch", clock.step, device=device),
        autocast=autocast(device),
        with_generator=clock.step % spec.critic_steps == 0,
    )
    refuse_divergence(losses, step=clock.step)
    _average(fit.average, fit.adversary.generator, steps=AVERAGED_SHARE * _steps(spec))
    clock.losses.append(losses)
    clock.seconds += time.perf_counter() - started


def _batch(
    fit: Fit,
    material: Material,
    spec: GanSpec,
    randomness: Randomness,
    *purpose: int | str,
    device: torch.device,
) -> Batch:
    return draw_gan_batch(
        material,
        spec=spec,
        noise_channels=fit.adversary.noise_channels,
        rng=randomness.generator(*purpose),
        device=device,
    )


def _steps(spec: GanSpec) -> int:
    return max(spec.images_seen // spec.batch_size, 1)


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, *, steps: float) -> None:
    """Moves a running mean over about so many steps towards the network's weights."""
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, 1 / max(steps, 1))
    for kept, buffer in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(buffer)


def _due(step: int, spec: GanSpec) -> bool:
    steps = _steps(spec)
    return step * REPORTS // steps > (step - 1) * REPORTS // steps


def _note(fit: Fit, probe: Batch, *, spec: GanSpec, watch: Callable[[], float]) -> None:
    """Adds a report to the history, and keeps the weights if they are worth it."""
    started, clock = time.perf_counter(), fit.clock
    judged = clock.step >= JUDGED_FROM * _steps(spec)
    distance = watch() if judged else UNKNOWN
    if is_nearest(distance, clock.progress):
        fit.keep()
    told_colours = ARCHITECTURES[spec.architecture].is_told_colours
    spread = variety(fit.average, probe, told_colours=told_colours)
    clock.seconds += time.perf_counter() - started
    clock.progress.append(
        GanProgress(
            images_seen=clock.step * spec.batch_size,
            device_seconds=clock.seconds,
            losses=mean_losses(clock.losses),
            variety=spread,
            distance=distance,
        )
    )
    clock.losses.clear()
    clock.stopped = has_gone_wrong(clock.progress)


def _generator(samples: Sequence[Sample], *, spec: GanSpec) -> Painter | Creator:
    """What will make crops, with all that it takes from the samples; its network is random."""
    kind = Painter if ARCHITECTURES[spec.architecture].paints_maps else Creator
    generator = kind(spec, channels=samples[0].image.shape[2])
    generator.learn(samples)
    return generator


def _with_average(generator: Painter | Creator, fit: Fit) -> Painter | Creator:
    """The generator with the running mean as it is, ready to make crops."""
    generator.network.load_state_dict(fit.average.state_dict())
    return generator
