"""Actions before and after each step of StarDist training."""

from collections.abc import Sequence

import keras

from trainables.segmenters.stardist.normalisation import FreezableNormalization
from trainables.segmenters.stardist.optimizer import LayerwiseAdamW
from trainables.spec.training_spec import TrainingSpec
from trainables.training.clock import progress_before, refuse_divergence
from trainables.training.schedule import averaging_decay, learning_rate


class LearningRates(keras.callbacks.Callback):
    """Sets the learning rates of all layers before each step, and stops at a broken loss."""

    def __init__(
        self,
        optimizer: LayerwiseAdamW,
        *,
        training: TrainingSpec,
        depths: Sequence[float],
        units: Sequence[float],
        normalisations: Sequence[tuple[FreezableNormalization, float]] = (),
    ) -> None:
        """Takes the optimizer, its schedule, and what each step sets.

        Args:
            optimizer: built.
            training: its schedule.
            depths: of the trainable variables, in the optimizer's order.
            units: the units in which they learn, in the same order.
            normalisations: the layers that are frozen as the schedule says, and their depths.
        """
        super().__init__()
        self.step = 0
        """Steps done so far."""
        self._optimizer = optimizer
        self._training = training
        self._depths = depths
        self._units = units
        self._normalisations = normalisations

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.step += 1
        progress = progress_before(self._training, self.step)
        self._optimizer.set_rates(
            [
                unit * learning_rate(self._training, depth=depth, progress=progress)
                for depth, unit in zip(self._depths, self._units, strict=True)
            ]
        )
        for layer, depth in self._normalisations:
            rate = learning_rate(self._training, depth=depth, progress=progress)
            # A peak of 0 freezes no layer, as on torch.
            layer.frozen.assign(rate == 0 and self._training.learning_rate > 0)
        if self._training.averaging:
            self._optimizer.set_averaging(averaging_decay(self._training, self.step))

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        refuse_divergence(float((logs or {})["loss"]), step=self.step)
