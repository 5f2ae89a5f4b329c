"""Training on torch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainables.spec.randomness import Randomness, fence
from trainables.spec.training_spec import TrainingSpec
from trainables.training.averaging import WeightAverage
from trainables.training.clock import progress_before, refuse_divergence
from trainables.training.contract import Checkpoints, Report
from trainables.training.device import autocast, place, place_batch, reproducible
from trainables.training.loop import run
from trainables.training.optimizer import LayerwiseOptimizer
from trainables.training.validation_course import ValidationCourse

CHECKPOINT_FILE = "training.pt"

DrawBatch = Callable[[np.random.Generator, float], tuple[torch.Tensor, torch.Tensor]]
"""Returns images float32 [N, C, H, W] and targets [N, ...], as the loss expects them."""
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Takes float32 predictions [N, outputs, H, W] and targets, returns one number."""


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
    """Trains a network in place, by the loop of loop.py.

    Parameters that require no gradient at the start are left as they are.

    Args:
        network: from float32 [N, C, H, W] to [N, outputs, H, W].
        training: how long, how fast, with which schedule.
        draw_batch: called once a step, with that step's own generator and the share of the images
            seen so far.
        loss: of float32 predictions and the targets of `draw_batch`.
        depths: depth in [0, 1] of every parameter to train, by name (see schedule.py).
        evaluate: scores validation with the network as it is, in evaluation mode; F1 in [0, 1].
        randomness: of the trial.
        report: called with each evaluation.
        checkpoints: where the state is kept.
        device: where the network is trained.

    Raises:
        TrainingDiverged: the loss became infinite or NaN.
        ValueError: a parameter has no depth.
    """
    engine = TorchEngine(
        network,
        training=training,
        draw_batch=draw_batch,
        loss=loss,
        depths=depths,
        randomness=randomness,
        device=device,
    )
    course = ValidationCourse(training, evaluate=evaluate)
    with reproducible():
        run(engine, course, report=report, checkpoints=checkpoints)


class TorchEngine:
    """A network on torch; see `Engine` for what each method promises. It pauses at each step."""

    def __init__(
        self,
        network: torch.nn.Module,
        *,
        training: TrainingSpec,
        draw_batch: DrawBatch,
        loss: Loss,
        depths: dict[str, float],
        randomness: Randomness,
        device: torch.device,
    ) -> None:
        """Moves the network to its device; for the arguments see `train`."""
        self._network = place(network, device)
        self._optimizer = LayerwiseOptimizer(network, depths=depths, training=training)
        self._average = WeightAverage(network, training=training)
        self._kept: dict[str, torch.Tensor] = {}
        self._training = training
        self._draw_batch = draw_batch
        self._loss = loss
        self._randomness = randomness
        self._device = device

    def advance(self, step: int, *, end: int) -> tuple[int, float]:
        step += 1
        self._optimizer.set_rates(step)
        with fence(self._randomness.integer("torch", step)):
            images, targets = self._draw_batch(
                self._randomness.generator("batch", step), progress_before(self._training, step)
            )
            loss = self._loss_of(images, targets)
            value = loss.item()
            refuse_divergence(value, step=step)
            self._optimizer.update(loss)
        self._average.update(step)
        return step, value

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        with self._average.in_force(), torch.no_grad():
            self._network.eval()
            yield

    def keep(self) -> None:
        self._kept = {
            name: value.detach().to("cpu", copy=True)
            for name, value in self._network.state_dict().items()
        }

    def restore_kept(self) -> None:
        if self._kept:
            self._network.load_state_dict(self._kept)
        self._network.requires_grad_(True).eval()

    def write(self, folder: Path) -> None:
        content = {
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.adamw.state_dict(),
            "start": self._optimizer.start,
            "average": self._average.values,
            "kept": self._kept,
        }
        torch.save(content, folder / CHECKPOINT_FILE)

    def read(self, folder: Path) -> None:
        content: dict[str, Any] = torch.load(
            folder / CHECKPOINT_FILE, map_location=self._device, weights_only=True
        )
        self._network.load_state_dict(content["network"])
        self._optimizer.adamw.load_state_dict(content["optimizer"])
        self._optimizer.start = content["start"]
        self._average.values = content["average"]
        self._kept = content["kept"]

    def _loss_of(self, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        with autocast(self._device):
            predictions = self._network(place_batch(images, self._device))
        return self._loss(predictions.float(), targets.to(self._device, non_blocking=True))
