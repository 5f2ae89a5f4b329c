"""Training of a StarDist model, evaluation by evaluation, so that it can stop and go on."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from stardist.models import StarDist2D

from trainables.results.result import Progress
from trainables.segmenters.stardist.callbacks import LearningRates
from trainables.segmenters.stardist.network import layer_depths, variable_depths, variable_units
from trainables.segmenters.stardist.normalisation import (
    FreezableNormalization,
    normalisations,
    running_statistics,
)
from trainables.segmenters.stardist.optimizer import LayerwiseAdamW
from trainables.segmenters.stardist.runtime import bfloat16_steps
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.training.clock import (
    evaluation_steps,
    has_stalled,
    images_seen,
    is_worth_keeping,
    progress_before,
)
from trainables.training.contract import Checkpoints, Report

ARRAYS_FILE = "training.npz"
PROGRESS_FILE = "progress.json"

Batch = tuple[tuple[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Images float32 [N, P, P, C], and the two targets of stardist_targets.py."""
DrawBatch = Callable[[np.random.Generator, float], Batch]


@dataclass(kw_only=True, slots=True)
class _State:
    """How far a training has come, beyond the weights and the optimiser."""

    progress: list[Progress] = field(default_factory=list)
    """One entry for each evaluation so far."""
    best_weights: list[np.ndarray] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Device-seconds spent, interruptions not counted."""
        return self.progress[-1].device_seconds if self.progress else 0.0


def train(
    model: StarDist2D,
    *,
    training: TrainingSpec,
    radius_px: float,
    draw_batch: DrawBatch,
    evaluate: Callable[[], float],
    randomness: Randomness,
    report: Report,
    checkpoints: Checkpoints,
) -> None:
    """Trains a model in place; it ends with the weights of the best evaluation.

    StarDist's losses and metrics, compiled by its own `prepare_for_training`; its `train` would
    neither stop at our evaluations nor go on from a checkpoint. A training that goes on first
    reports again what was reported before, and ends as one that was never interrupted.

    Args:
        model: built or read by stardist_network.py, within `trained_freezably`.
        training: how long, how fast, with which schedule.
        radius_px: of a small cell; the unit in which distances are learnt.
        draw_batch: called once a step, with that step's own generator and the share of the images
            seen so far.
        evaluate: scores validation with the model as it is; F1 in [0, 1].
        randomness: of the trial.
        report: told of each evaluation.
        checkpoints: where the state is kept, at evaluations.

    Raises:
        TrainingDiverged: the loss became infinite or NaN.
    """
    optimizer = LayerwiseAdamW(training, statistics=running_statistics(model.keras_model))
    optimizer.build(model.keras_model.trainable_variables)
    model.prepare_for_training(optimizer)
    state = _restore(model.keras_model, folder=checkpoints.load())
    for entry in state.progress:
        report(entry)
    rates = LearningRates(
        optimizer,
        training=training,
        depths=variable_depths(model),
        normalisations=_with_depths(model),
        units=variable_units(model, radius_px=radius_px),
    )
    ends = evaluation_steps(training)
    for start, end in list(zip([0, *ends], ends, strict=False))[len(state.progress) :]:
        if has_stalled(training, state.progress):
            break
        started = time.perf_counter()
        batches = _batches(draw_batch, training, start=start, end=end, randomness=randomness)
        with bfloat16_steps():
            loss = _fit(model, batches, start=start, end=end, rates=rates)
        with _averages_in_force(model.keras_model):
            entry = Progress(
                images_seen=images_seen(training, end),
                validation_f1=evaluate(),
                device_seconds=state.seconds + time.perf_counter() - started,
                loss=loss,
            )
            _note(state, model.keras_model, entry)
        report(entry)
        if checkpoints.due():
            checkpoints.save(lambda folder: _write(model.keras_model, state, folder))
    if state.best_weights:
        model.keras_model.set_weights(state.best_weights)


def _with_depths(model: StarDist2D) -> list[tuple[FreezableNormalization, float]]:
    depths = layer_depths(model)
    return [(layer, depths[layer.name]) for layer in normalisations(model.keras_model)]


def _fit(
    model: StarDist2D, batches: Iterator[Batch], *, start: int, end: int, rates: LearningRates
) -> float:
    """Trains from one evaluation to the next; returns the mean loss."""
    rates.step = start
    history = model.keras_model.fit(
        batches,
        steps_per_epoch=end - start,
        callbacks=[*model.callbacks, rates],
        shuffle=False,
        verbose=0,
    )
    return float(history.history["loss"][-1])


@contextmanager
def _averages_in_force(network: keras.Model) -> Iterator[None]:
    """A context within which the network has its averages, where it has any."""
    averages = network.optimizer.averages()
    if not averages:
        yield
        return
    own = network.get_weights()
    for variable, average in averages:
        variable.assign(average)
    try:
        yield
    finally:
        network.set_weights(own)


def _batches(
    draw_batch: DrawBatch,
    training: TrainingSpec,
    *,
    start: int,
    end: int,
    randomness: Randomness,
) -> Iterator[Batch]:
    """The batches of steps start + 1 to end; each a function of its step alone."""
    for step in range(start + 1, end + 1):
        yield draw_batch(randomness.generator("batch", step), progress_before(training, step))


def _note(state: _State, network: keras.Model, entry: Progress) -> None:
    """Adds an evaluation to the history, and keeps the weights if they are worth it."""
    if is_worth_keeping(entry.validation_f1, state.progress):
        state.best_weights = network.get_weights()
    state.progress.append(entry)


def _write(network: keras.Model, state: _State, folder: Path) -> None:
    optimizer: dict[str, np.ndarray] = {}
    network.optimizer.save_own_variables(optimizer)
    arrays: dict[str, Any] = {f"optimizer/{name}": value for name, value in optimizer.items()}
    for kind, weights in (("weights", network.get_weights()), ("best", state.best_weights)):
        arrays |= {f"{kind}/{n}": value for n, value in enumerate(weights)}
    np.savez(folder / ARRAYS_FILE, **arrays)
    history = [asdict(entry) for entry in state.progress]
    (folder / PROGRESS_FILE).write_text(json.dumps(history))


def _restore(network: keras.Model, *, folder: Path | None) -> _State:
    """Puts back what `_write` wrote; a fresh state where there is no checkpoint."""
    if folder is None:
        return _State()
    with np.load(folder / ARRAYS_FILE) as stored:
        arrays = dict(stored)
    parts: dict[str, dict[str, np.ndarray]] = {"optimizer": {}, "weights": {}, "best": {}}
    for name, value in arrays.items():
        kind, _, index = name.partition("/")
        parts[kind][index] = value
    network.optimizer.load_own_variables(parts["optimizer"])
    network.set_weights(list(parts["weights"].values()))
    history = json.loads((folder / PROGRESS_FILE).read_text())
    return _State(
        progress=[Progress(**entry) for entry in history],
        best_weights=list(parts["best"].values()),
    )
