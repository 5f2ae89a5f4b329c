"""Batch normalisation is frozen with its layer; its statistics follow a short training."""

import dataclasses

import numpy as np
import pytest

from trainables.segmenters.stardist.segmenter import Stardist  # first: it starts TensorFlow

from trainables.segmenters.stardist import network as stardist_network  # isort: skip

import keras
import tensorflow as tf
from stardist.models import StarDist2D

from tests.trainables.segmenters.stardist.stardist_trials import SHORT, fit, model, spec
from trainables.segmenters.stardist.callbacks import LearningRates
from trainables.segmenters.stardist.normalisation import (
    freezable,
    normalisations,
    running_statistics,
)
from trainables.segmenters.stardist.optimizer import LayerwiseAdamW
from trainables.spec.training_spec import ScheduleName


def test_normalisation_of_frozen_layers_keeps_its_statistics() -> None:
    training = dataclasses.replace(SHORT, schedule="frozen_encoder")
    segmenter = Stardist(spec(training=training), channels=1)
    model = segmenter._model()
    before = _statistics(model)
    fit(segmenter)
    after, depths = _statistics(model), stardist_network.layer_depths(model)
    for name in before:
        same = np.allclose(before[name], after[name], atol=1e-6)
        assert same == (depths[name] < 0.5), name


def _statistics(model: StarDist2D) -> dict[str, np.ndarray]:
    return {
        layer.name: np.stack([layer.moving_mean.numpy(), layer.moving_variance.numpy()])
        for layer in model.keras_model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    }


def test_a_frozen_network_computes_with_its_running_statistics() -> None:
    network = freezable(model().keras_model)
    images = np.random.default_rng(0).random((2, 32, 32, 1), np.float32)
    for frozen in (False, True):
        for layer in normalisations(network):
            layer.frozen.assign(frozen)
        same = np.allclose(network([images], training=True)[0], network([images])[0], atol=1e-5)
        assert same == frozen


def test_layers_are_frozen_and_unfrozen_between_the_steps_of_one_traced_graph() -> None:
    network = freezable(model().keras_model)
    step = tf.function(lambda images: network([images], training=True))
    images = np.random.default_rng(0).random((2, 32, 32, 1), np.float32)
    moved = []
    for frozen in (True, False, True):  # as gradual unfreezing has it, and back
        before = [statistic.numpy() for statistic in running_statistics(network)]
        for layer in normalisations(network):
            layer.frozen.assign(frozen)
        step(images)
        after = [statistic.numpy() for statistic in running_statistics(network)]
        pairs = zip(before, after, strict=True)
        moved.append({not np.allclose(one, other, atol=1e-6) for one, other in pairs})
    assert moved == [{False}, {True}, {False}]
    assert step.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("schedule", ["gradual_unfreezing", "head_then_full"])
def test_normalisation_is_frozen_for_as_long_as_the_weights_of_its_layer(
    schedule: ScheduleName,
) -> None:
    training = dataclasses.replace(SHORT, images_seen=40, schedule=schedule)
    network = model()
    layers = normalisations(freezable(network.keras_model))
    depths = stardist_network.layer_depths(network)
    optimizer = LayerwiseAdamW(SHORT)
    optimizer.build([keras.Variable(np.ones(1, np.float32)) for _ in layers])
    own = [depths[layer.name] for layer in layers]
    rates = LearningRates(
        optimizer,
        training=training,
        depths=own,
        units=[1.0] * len(own),
        normalisations=list(zip(layers, own, strict=True)),
    )
    seen = set()
    for batch in range(training.steps):
        rates.on_train_batch_begin(batch)
        frozen = tuple(bool(layer.frozen.numpy()) for layer in layers)
        assert frozen == tuple(rate == 0 for rate in optimizer._rates.numpy())
        seen.add(frozen)
    assert {all(frozen) for frozen in seen} == {True, False}  # all at first, none at the end
    assert (False,) * len(layers) in seen


def test_running_statistics_follow_a_short_training() -> None:
    segmenter = Stardist(spec(), channels=1)
    fit(segmenter)
    norms = [
        layer
        for layer in segmenter._model().keras_model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms
    kept = [layer.moving_variance.numpy().min() for layer in norms]  # of the 1 they begin with
    assert max(kept) < 0.99**SHORT.steps  # the least that Keras's default would leave
