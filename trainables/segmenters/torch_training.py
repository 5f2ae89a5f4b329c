"""The training loop of every segmenter on torch."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainables.randomness import Randomness, fence
from trainables.result import Progress
from trainables.segmenters.clock import (
    TrainingDiverged,
    evaluation_steps,
    images_seen,
    is_worth_keeping,
    progress_before,
)
from trainables.segmenters.protocol import Checkpoints, Report
from trainables.segmenters.schedule import decay, lr_multiplier
from trainables.segmenters.torch_device import autocast, place, place_batch, reproducible
from trainables.spec import TrainingSpec

CHECKPOINT_FILE = "training.pt"
GRADIENT_NORM = 1.0
"""Gradients are clipped to this length: with few images one odd batch must not undo the rest."""

DrawBatch = Callable[[np.random.Generator], tuple[torch.Tensor, torch.Tensor]]
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

    A training that goes on from a checkpoint first reports again what was reported before it,
    and gives the same weights as one that was never interrupted.

    Args:
        network: from float32 [N, C, H, W] to [N, outputs, H, W].
        training: how long, how fast, with which schedule.
        draw_batch: called once a step, with that step's own generator.
        loss: of float32 predictions and the targets of `draw_batch`.
        depths: depth in [0, 1] of every parameter, by name (see schedule.py).
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
    optimizer = _optimizer(network, depths=depths, training=training)
    state = _restore(network, optimizer, folder=checkpoints.load(), device=device)
    for entry in state.progress:
        report(entry)
    evaluated = set(evaluation_steps(training))
    with reproducible():
        while state.step < training.steps:
            started = time.perf_counter()
            state.step += 1
            _set_rates(network, optimizer, training=training, step=state.step)
            with fence(randomness.integer("torch", state.step)):
                images, targets = draw_batch(randomness.generator("batch", state.step))
                value = _loss(network, images, targets, loss=loss, device=device)
                _refuse_divergence(value, step=state.step)
                _update(network, optimizer, value)
            state.losses.append(value.item())
            score = _evaluate(network, evaluate) if state.step in evaluated else None
            state.seconds += time.perf_counter() - started
            if score is not None:
                _note(state, network, score=score, training=training)
                report(state.progress[-1])
            if checkpoints.due():
                checkpoints.save(lambda folder: _write(network, optimizer, state, folder))
    network.load_state_dict(state.best_weights)
    network.requires_grad_(True).eval()


def _optimizer(
    network: torch.nn.Module, *, depths: dict[str, float], training: TrainingSpec
) -> torch.optim.Optimizer:
    """AdamW with one group for each depth; biases and norms are not decayed."""
    groups: dict[tuple[float, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if name not in depths:
            raise ValueError(f"Every parameter must have a depth, but {name!r} has none.")
        groups.setdefault((depths[name], parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "depth": depth,
                "weight_decay": training.weight_decay if decays else 0.0,
            }
            for (depth, decays), parameters in groups.items()
        ],
        lr=training.learning_rate,
        fused=True,
    )


def _set_rates(
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    training: TrainingSpec,
    step: int,
) -> None:
    """Gives each group its learning rate for one step, and freezes those that get none.

    A frozen layer needs no gradient, which also saves the time to compute it, and keeps its
    normalisation statistics: they are part of what was learnt.
    """
    progress = progress_before(training, step)
    for group in optimizer.param_groups:
        multiplier = lr_multiplier(training.schedule, group["depth"], progress)
        group["lr"] = training.learning_rate * decay(progress) * multiplier
        for parameter in group["params"]:
            parameter.requires_grad_(multiplier > 0)
    for module in network.modules():
        own = list(module.parameters(recurse=False))
        module.training = not own or any(parameter.requires_grad for parameter in own)


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


def _update(
    network: torch.nn.Module, optimizer: torch.optim.Optimizer, value: torch.Tensor
) -> None:
    optimizer.zero_grad(set_to_none=True)
    value.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
    optimizer.step()


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


def _write(
    network: torch.nn.Module, optimizer: torch.optim.Optimizer, state: _State, folder: Path
) -> None:
    content = {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "state": asdict(state),
    }
    torch.save(content, folder / CHECKPOINT_FILE)


def _restore(
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    folder: Path | None,
    device: torch.device,
) -> _State:
    """Puts back what `_write` wrote; a fresh state where there is no checkpoint."""
    if folder is None:
        return _State()
    content: dict[str, Any] = torch.load(
        folder / CHECKPOINT_FILE, map_location=device, weights_only=True
    )
    network.load_state_dict(content["network"])
    optimizer.load_state_dict(content["optimizer"])
    raw = content["state"]
    raw["progress"] = [Progress(**entry) for entry in raw["progress"]]
    return _State(**raw)
