"""The moving average of a network's weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from trainables.spec.training_spec import TrainingSpec
from trainables.training.schedule import averaging_decay


class WeightAverage:
    """An exponential moving average of weights and of normalisation statistics.

    Where a training asks for no average, it does nothing and takes no memory.
    """

    def __init__(self, network: torch.nn.Module, *, training: TrainingSpec) -> None:
        """Begins with the weights as they are, on the device where they are."""
        self._network = network
        self._training = training
        self.values: dict[str, torch.Tensor] = (
            {name: value.detach().clone() for name, value in network.state_dict().items()}
            if training.averaging
            else {}
        )

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the weights after a step, counted from 1."""
        if not self.values:
            return
        keep = averaging_decay(self._training, step)
        for name, value in self._network.state_dict().items():
            if value.is_floating_point():
                self.values[name].lerp_(value, 1 - keep)
            else:
                self.values[name].copy_(value)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """A context within which the network has the averaged weights."""
        if not self.values:
            yield
            return
        own = {name: value.detach().clone() for name, value in self._network.state_dict().items()}
        self._network.load_state_dict(self.values)
        try:
            yield
        finally:
            self._network.load_state_dict(own)
