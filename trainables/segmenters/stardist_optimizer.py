"""AdamW with a learning rate of its own for every variable."""

from collections.abc import Sequence
from typing import Any

import keras

GRADIENT_NORM = 1.0
"""Gradients are clipped to this length: with few images one odd batch must not undo the rest."""


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019) whose learning rate is set variable by variable.

    A variable with rate 0 is frozen: neither the gradient nor the weight decay moves it. Only
    kernels are decayed, not biases. All rates are 0 until `set_rates` was called.
    """

    def __init__(self, *, weight_decay: float) -> None:
        # The base class wants one learning rate; no update below reads it.
        super().__init__(0.0, weight_decay=weight_decay, global_clipnorm=GRADIENT_NORM)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._rates = self.add_variable((len(variables),), initializer="zeros", name="rates")

    def set_rates(self, rates: Sequence[float]) -> None:
        """Sets the learning rates, in the order of the variables given to `build`."""
        self._rates.assign(rates)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        rate = self._rates[self._get_variable_index(variable)]
        if len(variable.shape) > 1:
            self.assign_sub(variable, variable * (self.weight_decay * rate))
        super().update_step(gradient, variable, rate)

    def _apply_weight_decay(self, variables: Any) -> None:
        """Does nothing: the base class would decay with one rate for all, frozen ones included."""
