"""Batch normalisation for training that may freeze layers."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf
from keras import ops
from stardist.models import StarDist2D

from trainables.spec.randomness import fence

MOMENTUM = 0.9
"""Share of itself that batch normalisation's running statistics keep at a step: PyTorch's default,
so that all families have the same. With Keras's 0.99, short training would end before they have
forgotten their initial values."""


@keras.saving.register_keras_serializable(package="study")
class FreezableNormalization(keras.layers.BatchNormalization):
    """Batch normalisation (Ioffe and Szegedy 2015) that can be frozen between two steps.

    While frozen it normalises with its running statistics and leaves them alone, as a frozen
    layer does on torch. Keras's own switch, `trainable`, is read only when a graph is traced.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.frozen = tf.Variable(False, trainable=False)  # no weight: files stay StarDist's own

    def _moments(self, inputs: tf.Tensor, mask: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        mean, variance = super()._moments(inputs, mask)
        return (
            ops.where(self.frozen, self.moving_mean, mean),
            ops.where(self.frozen, self.moving_variance, variance),
        )


@contextmanager
def trained_freezably(model: StarDist2D) -> Iterator[None]:
    """A context within which a model's normalisation can be frozen.

    The weights then go to the model's own network, which StarDist has set up to write its files.
    """
    own = model.keras_model
    model.keras_model = freezable(own)
    try:
        yield
    finally:
        own.set_weights(model.keras_model.get_weights())
        model.keras_model = own


def freezable(network: keras.Model) -> keras.Model:
    """The same network with the same weights, whose normalisation can be frozen.

    Its running statistics keep up with short training.
    """

    def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if isinstance(layer, keras.layers.BatchNormalization):
            return FreezableNormalization.from_config(config | {"momentum": MOMENTUM})
        return type(layer).from_config(config)

    with fence(0):  # Keras seeds the initial weights, soon to be replaced, from global state
        copied = keras.models.clone_model(network, clone_function=copy)
    copied.set_weights(network.get_weights())
    return copied


def normalisations(network: keras.Model) -> list[FreezableNormalization]:
    """The layers of a network that can be frozen."""
    return [layer for layer in network.layers if isinstance(layer, FreezableNormalization)]


def running_statistics(network: keras.Model) -> list[keras.Variable]:
    """The running means and variances, measured rather than learnt."""
    return [
        statistic
        for layer in normalisations(network)
        for statistic in (layer.moving_mean, layer.moving_variance)
    ]
