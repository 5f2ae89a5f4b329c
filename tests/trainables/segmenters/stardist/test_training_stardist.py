import dataclasses
import math

import numpy as np
import pytest

from trainables.segmenters.stardist.segmenter import Stardist  # first: it starts TensorFlow

from trainables.segmenters.stardist import network as stardist_network  # isort: skip
from trainables.segmenters.stardist import runtime as stardist_runtime  # isort: skip

import keras
import tensorflow as tf

from tests.trainables.segmenters.stardist.stardist_trials import SHORT, fit, model, spec
from trainables.machine.processor import multiplies_bfloat16, processor_flags
from trainables.segmenters.stardist.callbacks import LearningRates
from trainables.segmenters.stardist.optimizer import LayerwiseAdamW
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.spec.training_spec import ScheduleName
from trainables.training.clock import TrainingDiverged


def adamw(**settings: float) -> LayerwiseAdamW:
    return LayerwiseAdamW(dataclasses.replace(SHORT, **settings))


def test_the_optimizer_is_adamw_where_all_rates_are_equal() -> None:
    start, gradient = np.array([[1.0, -2.0]], np.float32), np.array([[0.1, 0.3]], np.float32)
    ours, theirs = keras.Variable(start), keras.Variable(start)
    layerwise = adamw(weight_decay=0.1)
    layerwise.build([ours])
    layerwise.set_rates([0.01])
    usual = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    for _ in range(3):
        layerwise.apply([gradient], [ours])
        usual.apply([gradient], [theirs])
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)
    assert not np.allclose(ours.numpy(), start)


def test_rates_differ_by_variable_and_biases_are_not_decayed() -> None:
    kernels = [keras.Variable(np.ones((2, 2), np.float32)) for _ in range(2)]
    bias = keras.Variable(np.ones(2, np.float32))
    optimizer = adamw(weight_decay=0.5)
    optimizer.build([*kernels, bias])
    optimizer.set_rates([0.0, 0.1, 0.1])
    optimizer.apply([np.zeros((2, 2)), np.zeros((2, 2)), np.zeros(2)], [*kernels, bias])
    np.testing.assert_array_equal(kernels[0].numpy(), 1)
    np.testing.assert_allclose(kernels[1].numpy(), 0.95)
    np.testing.assert_array_equal(bias.numpy(), 1)


def test_l2_sp_pulls_each_weight_back_to_where_it_began() -> None:
    kernel, frozen = (keras.Variable(np.ones((1, 2), np.float32)) for _ in range(2))
    optimizer = adamw(weight_decay=0.0, l2_sp=5.0)
    optimizer.build([kernel, frozen])
    optimizer.set_rates([0.1, 0.0])
    kernel.assign([[3.0, -1.0]])
    frozen.assign([[3.0, -1.0]])
    optimizer.apply([np.zeros((1, 2))] * 2, [kernel, frozen])
    np.testing.assert_allclose(kernel.numpy(), [[2.0, 0.0]])  # half of the way
    np.testing.assert_array_equal(frozen.numpy(), [[3.0, -1.0]])


def test_gradients_are_clipped_to_the_length_asked_for() -> None:
    def moments(limit: float) -> np.ndarray:
        kernel = keras.Variable(np.ones((1, 2), np.float32))
        optimizer = adamw(gradient_norm=limit)
        frozen = keras.Variable(np.ones((1, 2), np.float32))
        optimizer.build([kernel, frozen])
        optimizer.set_rates([0.1, 0.0])
        steep = np.array([[300.0, 400.0]], np.float32)  # must not count
        optimizer.apply([np.array([[30.0, 40.0]], np.float32), steep], [kernel, frozen])
        return np.asarray(optimizer._momentums[0])

    np.testing.assert_allclose(moments(0.5), [[0.03, 0.04]], rtol=1e-5)
    np.testing.assert_allclose(moments(0.0), [[3.0, 4.0]], rtol=1e-5)


def test_the_average_of_the_weights_is_kept_beside_them() -> None:
    kernel = keras.Variable(np.ones((1, 1), np.float32))
    optimizer = adamw(averaging=0.5, weight_decay=0.0)
    optimizer.build([kernel])
    optimizer.set_rates([0.1])
    expected = 1.0
    for keep in (0.1, 0.25):
        optimizer.set_averaging(keep)
        optimizer.apply([np.ones((1, 1), np.float32)], [kernel])
        expected = keep * expected + (1 - keep) * float(kernel.numpy()[0, 0])
    ((averaged, average),) = optimizer.averages()
    assert averaged is kernel
    np.testing.assert_allclose(average, [[expected]], rtol=1e-6)
    optimizer.finalize_variable_values([kernel])
    assert float(kernel.numpy()[0, 0]) < expected


def test_running_statistics_are_averaged_with_the_weights() -> None:
    kernel, statistic = (keras.Variable(np.ones(1, np.float32)) for _ in range(2))
    optimizer = LayerwiseAdamW(dataclasses.replace(SHORT, averaging=0.5), statistics=[statistic])
    optimizer.build([kernel])
    optimizer.set_averaging(0.25)
    statistic.assign([5.0])
    optimizer.apply([np.zeros(1, np.float32)], [kernel])
    averages = {id(variable): average for variable, average in optimizer.averages()}
    np.testing.assert_allclose(averages[id(statistic)], [4.0])  # 0.25 * 1 + 0.75 * 5


def test_averaged_weights_are_scored_and_kept_and_training_goes_on_without_them() -> None:
    plain, averaged = (
        Stardist(spec(), channels=1),
        Stardist(spec(training=dataclasses.replace(SHORT, averaging=0.5)), channels=1),
    )
    losses = [[entry.loss for entry in fit(segmenter)] for segmenter in (plain, averaged)]
    assert losses[0] == losses[1]
    ours, theirs = (one._model().keras_model.get_weights() for one in (plain, averaged))
    kernels = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.ndim == 4]
    assert not any(np.array_equal(a, b) for a, b in kernels)


def test_patience_ends_a_training_that_no_longer_gets_better() -> None:
    training = dataclasses.replace(
        SHORT, images_seen=16, evaluations=4, learning_rate=0.0, patience=1
    )
    assert len(fit(Stardist(spec(training=training), channels=1))) == 2


def test_depth_rises_from_the_input_to_the_head() -> None:
    network = model(spec=StardistSpec(grid=2, depth=2, filters=4))
    paths = [variable.path for variable in network.keras_model.trainable_variables]
    depths = stardist_network.variable_depths(network)
    named = dict(zip([path.partition("/")[0] for path in paths], depths, strict=True))
    assert depths[0] == 0
    assert depths == sorted(depths)
    assert named["prob"] == named["dist"] == 1
    assert named["middle_2"] < 0.5 <= named["up_level_1_no_0"] < named["features"] < 1


@pytest.mark.parametrize(
    ("schedule", "frozen"),
    [("full", set()), ("frozen_encoder", {"encoder"}), ("head_then_full", {"encoder", "decoder"})],
)
def test_a_frozen_layer_does_not_move(schedule: ScheduleName, frozen: set[str]) -> None:
    network = model()
    variables = network.keras_model.trainable_variables
    depths = stardist_network.variable_depths(network)
    optimizer = adamw(weight_decay=0.1)
    optimizer.build(variables)
    rates = LearningRates(
        optimizer,
        training=dataclasses.replace(SHORT, schedule=schedule),
        depths=depths,
        units=[1.0] * len(depths),
    )
    before = [variable.numpy() for variable in variables]
    rates.on_train_batch_begin(0)
    optimizer.apply([np.ones(variable.shape, np.float32) for variable in variables], variables)
    after = [variable.numpy() for variable in variables]
    parts = ["encoder" if d < 0.5 else "decoder" if d < 1 else "head" for d in depths]
    moved = {
        part
        for part, one, other in zip(parts, before, after, strict=True)
        if not np.array_equal(one, other)
    }
    assert moved == {"encoder", "decoder", "head"} - frozen


def test_distances_are_learnt_in_units_of_a_radius() -> None:
    network = model()
    variables = network.keras_model.trainable_variables
    optimizer = adamw(weight_decay=0.0)
    optimizer.build(variables)
    rates = LearningRates(
        optimizer,
        training=SHORT,
        depths=stardist_network.variable_depths(network),
        units=stardist_network.variable_units(network, radius_px=8),
    )
    before = {variable.path: variable.numpy() for variable in variables}
    rates.on_train_batch_begin(0)
    optimizer.apply([np.ones(variable.shape, np.float32) for variable in variables], variables)
    moved = {one.path: np.abs(one.numpy() - before[one.path]).max() for one in variables}
    assert moved["dist/kernel"] == pytest.approx(8 * moved["prob/kernel"], rel=1e-3)


def test_steps_in_bfloat16_change_what_is_computed_by_little_and_only_within() -> None:
    kernel = np.random.default_rng(0).standard_normal((3, 3, 8, 8)).astype(np.float32)
    image = np.random.default_rng(1).standard_normal((1, 64, 64, 8)).astype(np.float32)

    def convolved() -> np.ndarray:
        graph = tf.function(lambda one: tf.nn.relu(tf.nn.conv2d(one, kernel, 1, "SAME")))
        return graph(tf.constant(image)).numpy()

    before = convolved()
    with stardist_runtime.bfloat16_steps():
        within = convolved()
    np.testing.assert_array_equal(convolved(), before)
    assert within.dtype == np.float32
    has_changed = not np.array_equal(within, before)
    assert has_changed == multiplies_bfloat16(processor_flags())
    np.testing.assert_allclose(within, before, atol=0.05 * before.std())


def test_losses_of_steps_in_bfloat16_are_float32() -> None:
    kernel = np.ones((1, 1, 8, 1), np.float32)
    surely = np.full((1, 64, 64, 8), 1.2, np.float32)  # the probability is 0.99993

    @tf.function
    def loss(image: tf.Tensor) -> tf.Tensor:
        probability = tf.sigmoid(tf.nn.conv2d(image, kernel, 1, "SAME"))
        return tf.reduce_mean(keras.losses.binary_crossentropy(0 * probability, probability))

    with stardist_runtime.bfloat16_steps():
        assert float(loss(tf.constant(surely))) == pytest.approx(9.6, rel=0.01)


def test_a_broken_loss_names_the_step() -> None:
    optimizer = adamw(weight_decay=0.0)
    optimizer.build([keras.Variable(np.ones(1, np.float32))])
    rates = LearningRates(optimizer, training=SHORT, depths=[1.0], units=[1.0])
    rates.step = 2
    rates.on_train_batch_begin(0)
    rates.on_train_batch_end(0, {"loss": 1.0})
    rates.on_train_batch_begin(1)
    with pytest.raises(TrainingDiverged, match="became nan at step 4"):
        rates.on_train_batch_end(1, {"loss": math.nan})
