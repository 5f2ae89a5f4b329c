"""AdamW with a learning rate of its own for every variable."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from trainables.training_spec import TrainingSpec


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019) whose learning rate is set variable by variable.

    A variable with rate 0 is frozen: neither the gradient nor the weight decay moves it. Only
    kernels are decayed, not biases. All rates are 0 until `set_rates` was called.
    """

    def __init__(self, training: TrainingSpec) -> None:
        # The base class wants one learning rate; no update below reads it.
        super().__init__(
            0.0,
            weight_decay=training.weight_decay,
            global_clipnorm=training.gradient_norm or None,
            use_ema=training.averaging > 0,
        )
        self._l2_sp = training.l2_sp

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Notes the weights as they are: those that L2-SP pulls to, and the average begins with."""
        if self.built:
            return
        super().build(variables)
        self._rates = self.add_variable((len(variables),), initializer="zeros", name="rates")
        self._keep = self.add_variable((), initializer="zeros", name="keep")
        self._start = [self._copy_of(one, "start") for one in variables] if self._l2_sp else []
        if self.use_ema:
            for variable, average in zip(
                variables, self._model_variables_moving_average, strict=True
            ):
                average.assign(variable)

    def set_rates(self, rates: Sequence[float]) -> None:
        """Sets the learning rates, in the order of the variables given to `build`."""
        self._rates.assign(rates)

    def set_averaging(self, keep: float) -> None:
        """Sets what the moving average keeps of itself at the next step, in [0, 1]."""
        self._keep.assign(keep)

    def averages(self) -> list[np.ndarray]:
        """The moving averages of the weights, in the order given to `build`; empty for none."""
        if not self.use_ema:
            return []
        return [one.numpy() for one in self._model_variables_moving_average]

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

    def _copy_of(self, variable: keras.Variable, name: str) -> keras.Variable:
        copy = self.add_variable_from_reference(variable, name=name, initializer="zeros")
        copy.assign(variable)
        return copy

    def _update_model_variables_moving_average(self, trainable_variables: Any) -> None:
        """As the base class does, but with what `set_averaging` says in place of one number."""
        averages = self._model_variables_moving_average if self.use_ema else []
        for variable, average in zip(trainable_variables, averages, strict=False):
            average.assign(self._keep * average + (1 - self._keep) * variable)

    def finalize_variable_values(self, var_list: Any) -> None:
        """Does nothing: Keras calls it after each `fit`, ours end at every evaluation, and the
        base class would put the averages in place of the weights that training goes on with."""

    def _apply_weight_decay(self, variables: Any) -> None:
        """Does nothing: the base class would decay with one rate for all, frozen ones included."""
