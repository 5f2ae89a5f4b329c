"""Training of a StarDist model, evaluation by evaluation, so that it can stop and go on."""

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras
import numpy as np
from stardist.models import StarDist2D

from trainables.randomness import Randomness
from trainables.result import Progress
from trainables.segmenters.clock import (
    TrainingDiverged,
    evaluation_steps,
    images_seen,
    progress_before,
)
from trainables.segmenters.protocol import Checkpoints, Report
from trainables.segmenters.schedule import decay, lr_multiplier
from trainables.segmenters.stardist_network import variable_depths
from trainables.segmenters.stardist_optimizer import LayerwiseAdamW
from trainables.spec import TrainingSpec

ARRAYS_FILE = "training.npz"
PROGRESS_FILE = "progress.json"

Batch = tuple[tuple[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Images float32 [N, P, P, C], and the two targets of stardist_targets.py."""
DrawBatch = Callable[[np.random.Generator], Batch]


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
        model: built or read by stardist_network.py.
        training: how long, how fast, with which schedule.
        draw_batch: called once a step, with that step's own generator.
        evaluate: scores validation with the model as it is; F1 in [0, 1].
        randomness: of the trial.
        report: told of each evaluation.
        checkpoints: where the state is kept, at evaluations.

    Raises:
        TrainingDiverged: the loss became infinite or NaN.
    """
    optimizer = LayerwiseAdamW(weight_decay=training.weight_decay)
    optimizer.build(model.keras_model.trainable_variables)
    model.prepare_for_training(optimizer)
    state = _restore(model.keras_model, folder=checkpoints.load())
    for entry in state.progress:
        report(entry)
    rates = _Rates(optimizer, training=training, depths=variable_depths(model))
    ends = evaluation_steps(training)
    for start, end in list(zip([0, *ends], ends, strict=False))[len(state.progress) :]:
        started = time.perf_counter()
        rates.step = start
        batches = _batches(draw_batch, start=start, end=end, randomness=randomness)
        history = model.keras_model.fit(
            batches,
            steps_per_epoch=end - start,
            callbacks=[*model.callbacks, rates],
            shuffle=False,
            verbose=0,
        )
        _note(
            state,
            model.keras_model,
            Progress(
                images_seen=images_seen(training, end),
                validation_f1=evaluate(),
                loss=float(history.history["loss"][-1]),
                device_seconds=state.seconds + time.perf_counter() - started,
            ),
        )
        report(state.progress[-1])
        if checkpoints.due():
            checkpoints.save(lambda folder: _write(model.keras_model, state, folder))
    model.keras_model.set_weights(state.best_weights)


class _Rates(keras.callbacks.Callback):
    """Sets the learning rates of all layers before each step, and stops at a broken loss."""

    def __init__(
        self, optimizer: LayerwiseAdamW, *, training: TrainingSpec, depths: Sequence[float]
    ) -> None:
        super().__init__()
        self.step = 0
        """Steps done so far."""
        self._optimizer = optimizer
        self._training = training
        self._depths = depths

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.step += 1
        progress = progress_before(self._training, self.step)
        rate = self._training.learning_rate * decay(progress)
        schedule = self._training.schedule
        self._optimizer.set_rates(
            [rate * lr_multiplier(schedule, depth, progress) for depth in self._depths]
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise TrainingDiverged(
                f"The loss must stay finite, but it became {loss} at step {self.step}: lower the "
                f"learning rate, or look for NaN in the images."
            )


def _batches(
    draw_batch: DrawBatch, *, start: int, end: int, randomness: Randomness
) -> Iterator[Batch]:
    """The batches of steps start + 1 to end; each a function of its step alone."""
    for step in range(start + 1, end + 1):
        yield draw_batch(randomness.generator("batch", step))


def _note(state: _State, network: keras.Model, entry: Progress) -> None:
    """Adds an evaluation to the history, and keeps the weights if none before was better."""
    if all(not entry.validation_f1 < earlier.validation_f1 for earlier in state.progress):
        state.best_weights = network.get_weights()
    state.progress.append(entry)


def _write(network: keras.Model, state: _State, folder: Path) -> None:
    optimizer: dict[str, np.ndarray] = {}
    network.optimizer.save_own_variables(optimizer)
    arrays = {f"optimizer/{name}": np.asarray(value) for name, value in optimizer.items()}
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
