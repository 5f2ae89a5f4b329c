"""Training on Keras, with StarDist's own losses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from stardist.models import StarDist2D

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
from trainables.training.clock import progress_before
from trainables.training.contract import Checkpoints, Report
from trainables.training.loop import run
from trainables.training.validation_course import ValidationCourse

CHECKPOINT_FILE = "training.npz"

Batch = tuple[tuple[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Images float32 [N, P, P, C], and the two targets of targets.py."""
DrawBatch = Callable[[np.random.Generator, float], Batch]


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
    """Trains a model in place, by the loop of loop.py.

    Args:
        model: built or read by network.py, within `trained_freezably`.
        training: how long, how fast, with which schedule.
        radius_px: of a small cell; the unit in which distances are learnt.
        draw_batch: called once per step, with that step's own generator and the share of the images
            seen so far.
        evaluate: scores validation with the model as it is; F1 in [0, 1].
        randomness: of the trial.
        report: called at each evaluation.
        checkpoints: where the state is kept, at evaluations.

    Raises:
        TrainingDiverged: the loss became infinite or NaN.
    """
    engine = KerasEngine(
        model,
        training=training,
        radius_px=radius_px,
        draw_batch=draw_batch,
        randomness=randomness,
    )
    course = ValidationCourse(training, evaluate=evaluate)
    run(engine, course, report=report, checkpoints=checkpoints)


class KerasEngine:
    """A StarDist model on Keras; see `Engine` for what each method promises.

    It pauses only at evaluations: between two of them one `fit` runs, and the mean loss is the
    one that Keras computes over its steps. The losses and metrics are those that StarDist compiles
    in `prepare_for_training`; its own `train` would neither stop at our evaluations nor resume
    from a checkpoint.
    """

    def __init__(
        self,
        model: StarDist2D,
        *,
        training: TrainingSpec,
        radius_px: float,
        draw_batch: DrawBatch,
        randomness: Randomness,
    ) -> None:
        """Compiles the model; for the arguments see `train`."""
        self._model = model
        self._network = model.keras_model
        self._optimizer = LayerwiseAdamW(training, statistics=running_statistics(self._network))
        self._optimizer.build(self._network.trainable_variables)
        model.prepare_for_training(self._optimizer)
        self._rates = LearningRates(
            self._optimizer,
            training=training,
            depths=variable_depths(model),
            normalisations=_with_depths(model),
            units=variable_units(model, radius_px=radius_px),
        )
        self._kept: list[np.ndarray] = []
        self._training = training
        self._draw_batch = draw_batch
        self._randomness = randomness

    def advance(self, step: int, *, end: int) -> tuple[int, float]:
        self._rates.step = step
        with bfloat16_steps():
            history = self._network.fit(
                self._batches(range(step + 1, end + 1)),
                steps_per_epoch=end - step,
                callbacks=[*self._model.callbacks, self._rates],
                shuffle=False,
                verbose=0,
            )
        return end, float(history.history["loss"][-1])

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        averages = self._optimizer.averages()
        if not averages:
            yield
            return
        own = self._network.get_weights()
        for variable, average in averages:
            variable.assign(average)
        try:
            yield
        finally:
            self._network.set_weights(own)

    def keep(self) -> None:
        self._kept = self._network.get_weights()

    def restore_kept(self) -> None:
        if self._kept:
            self._network.set_weights(self._kept)

    def write(self, folder: Path) -> None:
        optimizer: dict[str, np.ndarray] = {}
        self._optimizer.save_own_variables(optimizer)
        arrays: dict[str, Any] = {f"optimizer/{name}": value for name, value in optimizer.items()}
        for kind, weights in (("weights", self._network.get_weights()), ("kept", self._kept)):
            arrays |= {f"{kind}/{n}": value for n, value in enumerate(weights)}
        np.savez(folder / CHECKPOINT_FILE, **arrays)

    def read(self, folder: Path) -> None:
        parts: dict[str, dict[str, np.ndarray]] = {"optimizer": {}, "weights": {}, "kept": {}}
        with np.load(folder / CHECKPOINT_FILE) as stored:
            for name, value in stored.items():
                kind, _, index = name.partition("/")
                parts[kind][index] = value
        self._optimizer.load_own_variables(parts["optimizer"])
        self._network.set_weights(list(parts["weights"].values()))
        self._kept = list(parts["kept"].values())

    def _batches(self, steps: range) -> Iterator[Batch]:
        """Callbacks, each a function of its step alone."""
        for step in steps:
            rng = self._randomness.generator("batch", step)
            yield self._draw_batch(rng, progress_before(self._training, step))


def _with_depths(model: StarDist2D) -> list[tuple[FreezableNormalization, float]]:
    depths = layer_depths(model)
    return [(layer, depths[layer.name]) for layer in normalisations(model.keras_model)]
