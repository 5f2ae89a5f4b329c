"""AdamW with a learning rate of its own for every variable."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from trainables.spec.training_spec import TrainingSpec


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019) whose learning rate is set variable by variable.

    A variable with rate 0 is frozen: neither the gradient nor the weight decay moves it. Only
    kernels are decayed, not biases. All rates are 0 until `set_rates` is called.
    """

    def __init__(
        self, training: TrainingSpec, *, statistics: Sequence[keras.Variable] = ()
    ) -> None:
        """Takes the settings; `build` takes the variables.

        Args:
            training: learning rates and regularisation.
            statistics: variables that are not learnt but averaged with the weights.
        """
        # The base class requires one learning rate; no update below reads it.
        super().__init__(
            0.0,
            weight_decay=training.weight_decay,
            use_ema=training.averaging > 0,
        )
        self._l2_sp = training.l2_sp
        self._longest = training.gradient_norm
        self._averaged: list[tuple[keras.Variable, keras.Variable]] = []
        self._statistics = statistics

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Records the current weights, which L2-SP pulls to and the average starts from."""
        if self.built:
            return
        super().build(variables)
        self._rates = self.add_variable((len(variables),), initializer="zeros", name="rates")
        self._keep = self.add_variable((), initializer="zeros", name="keep")
        self._start = [self._copy_of(one, "start") for one in variables] if self._l2_sp else []
        if self.use_ema:
            weights = zip(variables, self._model_variables_moving_average, strict=True)
            measured = [(one, self._copy_of(one, "average")) for one in self._statistics]
            self._averaged = [*weights, *measured]
            for variable, average in self._averaged:
                average.assign(variable)

    def set_rates(self, rates: Sequence[float]) -> None:
        """Sets the learning rates, in the order of the variables given to `build`."""
        self._rates.assign(rates)

    def set_averaging(self, keep: float) -> None:
        """Sets the share of itself that the moving average keeps at the next step, in [0, 1]."""
        self._keep.assign(keep)

    def averages(self) -> list[tuple[keras.Variable, np.ndarray]]:
        """Weights and statistics with their moving averages; empty without averaging."""
        return [(variable, average.numpy()) for variable, average in self._averaged]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        rate = self._rates[index]
        if len(variable.shape) > 1:
            self.assign_sub(variable, variable * (self.weight_decay * rate))
        super().update_step(gradient, variable, rate)
        if self._start:
            # L2-SP, Li et al. 2018 (arXiv:1802.01483), decoupled as weight decay is.
            share = ops.minimum(self._l2_sp * rate, 1.0)
            self.assign_sub(variable, (variable - self._start[index]) * share)

    def _clip_gradients(self, grads: Any) -> Any:
        """By their common length, in which the gradients of frozen variables do not count."""
        if not self._longest:
            return grads
        grads = [ops.cast(gradient, "float32") for gradient in grads]
        squares = ops.stack([ops.sum(ops.square(gradient)) for gradient in grads])
        length = ops.sqrt(ops.sum(ops.where(self._rates > 0, squares, 0.0)))
        share = ops.minimum(1.0, self._longest / ops.maximum(length, 1e-12))
        return [gradient * share for gradient in grads]

    def _copy_of(self, variable: keras.Variable, name: str) -> keras.Variable:
        copy = self.add_variable_from_reference(variable, name=name, initializer="zeros")
        copy.assign(variable)
        return copy

    def _update_model_variables_moving_average(self, trainable_variables: Any) -> None:
        """Updates the averages as the base class does, but with the share from `set_averaging`."""
        for variable, average in self._averaged:
            average.assign(self._keep * average + (1 - self._keep) * variable)

    def finalize_variable_values(self, var_list: Any) -> None:
        """Does nothing: Keras calls it after each `fit`, ours end at every evaluation, and the
        base class would replace the weights that training continues with by the averages."""

    def _apply_weight_decay(self, variables: Any) -> None:
        """Does nothing: the base class would decay with one rate for all, frozen ones included."""
