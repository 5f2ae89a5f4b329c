"""The training loop of every segmenter on torch."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainables.results.result import Progress
from trainables.spec.flat import as_plain
from trainables.spec.randomness import Randomness, fence
from trainables.spec.training_spec import TrainingSpec
from trainables.training.averaging import WeightAverage
from trainables.training.clock import (
    TrainingDiverged,
    evaluation_steps,
    has_stalled,
    images_seen,
    is_worth_keeping,
    progress_before,
)
from trainables.training.contract import Checkpoints, Report
from trainables.training.device import autocast, place, place_batch, reproducible
from trainables.training.optimizer import LayerwiseOptimizer

CHECKPOINT_FILE = "training.pt"

DrawBatch = Callable[[np.random.Generator, float], tuple[torch.Tensor, torch.Tensor]]
"""Gives images float32 [N, C, H, W] and targets [N, ...], as the loss expects them."""
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Takes float32 predictions [N, outputs, H, W] and targets, gives one number."""


@dataclass(kw_only=True, slots=True)
class _State:
    """How far a training has come, beyond the weights and the optimiser."""

    step: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    """Of the steps since the last evaluation."""
    progress: list[Progress] = field(default_factory=list)
    best_weights: dict[str, torch.Tensor] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trained:
    """What a step of the training changes."""

    network: torch.nn.Module
    optimizer: LayerwiseOptimizer
    average: WeightAverage


def train(
    network: torch.nn.Module,
    *,
    training: TrainingSpec,
    draw_batch: DrawBatch,
    loss: Loss,
    depths: dict[str, float],
    evaluate: Callable[[], float],
    randomness: Randomness,
    report: Report,
    checkpoints: Checkpoints,
    device: torch.device,
) -> None:
    """Trains a network in place; it ends with the weights of the best evaluation.

    Parameters that require no gradient at the start are left as they are.

    A training that goes on from a checkpoint first reports again what was reported before it,
    and gives the same weights as one that was never interrupted.

    Args:
        network: from float32 [N, C, H, W] to [N, outputs, H, W].
        training: how long, how fast, with which schedule.
        draw_batch: called once a step, with that step's own generator and the share of the images
            seen so far.
        loss: of float32 predictions and the targets of `draw_batch`.
        depths: depth in [0, 1] of every parameter to train, by name (see schedule.py).
        evaluate: scores validation with the network as it is, in evaluation mode; F1 in [0, 1].
        randomness: of the trial.
        report: told of each evaluation.
        checkpoints: where the state is kept.
        device: where the network is trained.

    Raises:
        TrainingDiverged: the loss became infinite or NaN.
        ValueError: a parameter has no depth.
    """
    place(network, device)
    optimizer = LayerwiseOptimizer(network, depths=depths, training=training)
    average = WeightAverage(network, training=training)
    trained = _Trained(network=network, optimizer=optimizer, average=average)
    state = _restore(trained, folder=checkpoints.load(), device=device)
    for entry in state.progress:
        report(entry)
    evaluated = set(evaluation_steps(training))
    with reproducible():
        while state.step < training.steps and not has_stalled(training, state.progress):
            started = time.perf_counter()
            state.step += 1
            optimizer.set_rates(state.step)
            with fence(randomness.integer("torch", state.step)):
                images, targets = draw_batch(
                    randomness.generator("batch", state.step),
                    progress_before(training, state.step),
                )
                value = _loss(network, images, targets, loss=loss, device=device)
                _refuse_divergence(value, step=state.step)
                optimizer.update(value)
            average.update(state.step)
            state.losses.append(value.item())
            if state.step in evaluated:
                with average.in_force():
                    score = _evaluate(network, evaluate)
                    state.seconds += time.perf_counter() - started
                    _note(state, network, score=score, training=training)
                report(state.progress[-1])
            else:
                state.seconds += time.perf_counter() - started
            if checkpoints.due():
                checkpoints.save(lambda folder: _write(trained, state, folder))
    if state.best_weights:
        network.load_state_dict(state.best_weights)
    network.requires_grad_(True).eval()


def _loss(
    network: torch.nn.Module,
    images: torch.Tensor,
    targets: torch.Tensor,
    *,
    loss: Loss,
    device: torch.device,
) -> torch.Tensor:
    with autocast(device):
        predictions = network(place_batch(images, device))
    return loss(predictions.float(), targets.to(device, non_blocking=True))


def _refuse_divergence(value: torch.Tensor, *, step: int) -> None:
    if not math.isfinite(value.item()):
        raise TrainingDiverged(
            f"The loss must stay finite, but it became {value.item()} at step {step}: "
            f"lower the learning rate, or look for NaN in the images."
        )


def _evaluate(network: torch.nn.Module, evaluate: Callable[[], float]) -> float:
    network.eval()
    with torch.no_grad():
        return evaluate()


def _note(state: _State, network: torch.nn.Module, *, score: float, training: TrainingSpec) -> None:
    """Adds an evaluation to the history, and keeps the weights if they are worth it."""
    if is_worth_keeping(score, state.progress):
        state.best_weights = {
            name: value.detach().to("cpu", copy=True)
            for name, value in network.state_dict().items()
        }
    state.progress.append(
        Progress(
            images_seen=images_seen(training, state.step),
            device_seconds=state.seconds,
            validation_f1=score,
            loss=float(np.mean(state.losses)),
        )
    )
    state.losses.clear()


def _write(trained: _Trained, state: _State, folder: Path) -> None:
    content = {
        "network": trained.network.state_dict(),
        "optimizer": trained.optimizer.adamw.state_dict(),
        "start": trained.optimizer.start,
        "average": trained.average.values,
        "state": as_plain(state),
    }
    torch.save(content, folder / CHECKPOINT_FILE)


def _restore(trained: _Trained, *, folder: Path | None, device: torch.device) -> _State:
    """Puts back what `_write` wrote; a fresh state where there is no checkpoint."""
    if folder is None:
        return _State()
    content: dict[str, Any] = torch.load(
        folder / CHECKPOINT_FILE, map_location=device, weights_only=True
    )
    trained.network.load_state_dict(content["network"])
    trained.optimizer.adamw.load_state_dict(content["optimizer"])
    trained.optimizer.start = content["start"]
    trained.average.values = content["average"]
    raw = content["state"]
    raw["progress"] = [Progress(**entry) for entry in raw["progress"]]
    return _State(**raw)
