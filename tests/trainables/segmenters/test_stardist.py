import dataclasses
import json
import logging
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trainables.segmenters.stardist import Candidates, Stardist  # first: it starts TensorFlow

from trainables.segmenters import stardist_network, stardist_runtime  # isort: skip

import keras
import tensorflow as tf
from stardist.models import StarDist2D, StarDistData2D

from tests.trainables.segmenters.contract import simulated_sample
from trainables.randomness import Randomness
from trainables.result import Progress
from trainables.segmenters.clock import TrainingDiverged
from trainables.segmenters.protocol import Extra, NoCheckpoints
from trainables.segmenters.stardist_adapt import adapted
from trainables.segmenters.stardist_callbacks import LearningRates
from trainables.segmenters.stardist_optimizer import LayerwiseAdamW
from trainables.segmenters.stardist_targets import star_targets
from trainables.spec import (
    DataSpec,
    StardistSpec,
    TrainingSpec,
    TrialSpec,
    UnetSpec,
    WeightsSpec,
)
from trainables.training_spec import ScheduleName

SMALL = StardistSpec(rays=16, grid=2, depth=1, filters=4)
SHORT = TrainingSpec(images_seen=8, batch_size=2, evaluations=2, crop_px=32, learning_rate=1e-3)


def spec(
    *,
    segmenter: StardistSpec | UnetSpec = SMALL,
    training: TrainingSpec = SHORT,
    weights: WeightsSpec | None = None,
) -> TrialSpec:
    return TrialSpec(
        stage="search",
        arm="stardist",
        study_seed=1,
        seed=2,
        data=DataSpec(split="test", annotation_count=2, draw=0),
        segmenter=segmenter,
        training=training,
        weights=weights or WeightsSpec(),
    )


def fit(segmenter: Stardist, *, channels: int = 1) -> list[Progress]:
    reports: list[Progress] = []
    segmenter.fit(
        [simulated_sample("training", channels=channels)],
        extra=Extra(),
        validation=[simulated_sample("validation", channels=channels)],
        randomness=Randomness((1, 0, 2)),
        report=reports.append,
        checkpoints=NoCheckpoints(),
    )
    return reports


def model(*, spec: StardistSpec = SMALL, channels: int = 1) -> StarDist2D:
    return stardist_network.build(spec, channels=channels, training=SHORT, radius_px=8, seed=0)


def adamw(**settings: float) -> LayerwiseAdamW:
    return LayerwiseAdamW(dataclasses.replace(SHORT, **settings))


def dense(network: StarDist2D, image: np.ndarray) -> np.ndarray:
    """Probability and distances of an image, float32 [H / grid, W / grid, 1 + rays]."""
    probability, distances = network.predict(image, axes="YXC")
    return np.concatenate([probability[..., None], distances], axis=-1)


def test_torch_is_never_imported() -> None:
    code = (
        "import sys; import trainables.segmenters.stardist; "
        "print([name for name in ('torch', 'jax') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert run.stderr == ""


def test_targets_equal_those_of_stardist() -> None:
    labels = np.stack([simulated_sample(name, shape=(32, 32)).labels for name in "abcd"])
    labels[labels == 2] = 7
    for one in labels:
        theirs = StarDistData2D(
            [np.zeros((32, 32), np.float32)], [one], 1, 16, 1, patch_size=(32, 32), grid=(2, 2)
        )
        (probability, distances) = theirs[0][1]
        ours = star_targets(one[None], rays=16, grid=2)
        np.testing.assert_array_equal(ours[0], probability)
        np.testing.assert_array_equal(ours[1], distances)
    assert (labels < 0).any()


def test_targets_of_a_square_by_hand() -> None:
    labels = np.zeros((1, 7, 7), np.int32)
    labels[0, 1:6, 1:6] = 70_000  # more than the 16 bits that StarDist's code keeps
    labels[0, 0, 0] = -1
    probability, distances = star_targets(labels, rays=4, grid=1)
    # 5 x 5 pixels: depth 1 at the rim, 3 in the middle; rays end on the boundary, 2.5 px away.
    np.testing.assert_allclose(probability[0, 3, :, 0], [0, 1 / 3, 2 / 3, 1, 2 / 3, 1 / 3, 0])
    assert probability[0, 0, 0, 0] == -1
    assert distances[0, 0, 0, -1] == 0
    np.testing.assert_allclose(distances[0, 3, 3], [2.5, 2.5, 2.5, 2.5, 1])


@pytest.mark.filterwarnings("error")
def test_targets_of_a_crop_inside_one_cell() -> None:
    probability, distances = star_targets(np.full((1, 8, 8), 3, np.int32), rays=8, grid=1)
    assert probability.max() == 1
    assert np.isfinite(distances).all()


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
        optimizer.build([kernel])
        optimizer.apply([np.array([[30.0, 40.0]], np.float32)], [kernel])
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
    np.testing.assert_allclose(optimizer.averages()[0], [[expected]], rtol=1e-6)
    optimizer.finalize_variable_values([kernel])
    assert float(kernel.numpy()[0, 0]) < expected


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


def test_running_statistics_follow_a_short_training() -> None:
    segmenter = Stardist(spec(), channels=1)
    fit(segmenter)
    norms = [
        layer
        for layer in segmenter._model().keras_model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms
    kept = 0.9**SHORT.steps  # of the variance 1 that they begin with
    assert all(layer.moving_variance.numpy().min() < kept + 0.4 for layer in norms)


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


def test_stardist_opens_the_export(tmp_path: Path) -> None:
    segmenter = Stardist(spec(), channels=1)
    fit(segmenter)
    segmenter.thresholds = {"prob": 0.3, "nms": 0.5}
    folder = segmenter.export(tmp_path)
    opened = StarDist2D(None, name=folder.name, basedir=str(folder.parent))
    image = simulated_sample("other").image
    assert opened.thresholds._asdict() == segmenter.thresholds
    labels, _ = opened.predict_instances(image, axes="YXC")
    np.testing.assert_array_equal(
        labels, segmenter.decode(segmenter.infer(image), segmenter.thresholds)
    )


def test_tiles_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = Stardist(spec(), channels=1)
    image = simulated_sample("large", shape=(200, 170)).image
    whole = segmenter.infer(image)
    monkeypatch.setattr("trainables.segmenters.stardist.TILE_PX", 96)
    tiled = segmenter.infer(image)
    order, tiled_order = np.lexsort(whole.centres.T), np.lexsort(tiled.centres.T)
    np.testing.assert_array_equal(tiled.centres[tiled_order], whole.centres[order])
    np.testing.assert_allclose(
        tiled.distances[tiled_order], whole.distances[order], rtol=1e-4, atol=1e-4
    )


def test_cells_that_are_sure_win_over_those_they_overlap() -> None:
    segmenter = Stardist(spec(), channels=1)
    candidates = Candidates(
        shape=(40, 40),
        probability=np.array([0.6, 0.9, 0.4, 0.8], np.float32),
        distances=np.full((4, 16), 6, np.float32),
        centres=np.array([[10, 10], [10, 12], [30, 10], [30, 30]]),
    )
    labels = segmenter.decode(candidates, {"prob": 0.5, "nms": 0.4})
    # The first is suppressed by the second, the third lies below the threshold.
    assert len(np.unique(labels)) == 3
    assert labels[10, 17] > 0
    assert labels[10, 5] == labels[30, 10] == 0
    assert labels[30, 30] > 0


@pytest.mark.parametrize(("have", "want"), [(1, 3), (3, 1), (2, 3), (3, 2)])
def test_weights_are_fitted_to_the_channels(have: int, want: int) -> None:
    network = model(channels=have)
    fitted = adapted(network, SMALL, channels=want, training=SHORT)
    grey = simulated_sample("other").image
    np.testing.assert_allclose(
        dense(fitted, np.repeat(grey, want, axis=2)),
        dense(network, np.repeat(grey, have, axis=2)),
        rtol=1e-3,
        atol=1e-4,
    )


def test_a_head_for_more_rays_predicts_what_the_rays_around_each_did() -> None:
    network = model()
    fitted = adapted(network, StardistSpec(rays=32), channels=1, training=SHORT)
    image = simulated_sample("other").image
    ours, theirs = dense(fitted, image), dense(network, image)
    assert ours.shape[-1] == 1 + 32
    np.testing.assert_allclose(ours[..., 0], theirs[..., 0], atol=1e-5)
    np.testing.assert_allclose(ours[..., 1::2], theirs[..., 1:], atol=1e-4)
    following = np.roll(theirs[..., 1:], -1, axis=-1)
    np.testing.assert_allclose(ours[..., 2::2], (theirs[..., 1:] + following) / 2, atol=1e-4)


def test_saved_weights_are_fitted_to_rays_and_channels_and_keep_their_architecture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stardist_network.write(model(), tmp_path, thresholds={"prob": 0.4, "nms": 0.3})
    other = StardistSpec(rays=32, grid=1, depth=1, filters=4)
    segmenter = Stardist(spec(segmenter=other), channels=3)
    with caplog.at_level(logging.WARNING):
        segmenter.initialise(tmp_path)
    assert "wins over the spec: grid 2, not 1." in caplog.text
    image = simulated_sample("other", channels=3).image
    assert segmenter.infer(image).distances.shape[1] == 32
    assert len(fit(segmenter, channels=3)) == SHORT.evaluations


def test_a_model_without_thresholds_gets_those_of_stardist_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stardist_network.write(model(), tmp_path, thresholds={"prob": 0.45, "nms": 0.3})
    (tmp_path / "thresholds.json").unlink()
    with caplog.at_level(logging.WARNING):
        read = stardist_network.read(tmp_path)
    assert read.thresholds._asdict() == {"prob": 0.5, "nms": 0.4}
    assert "has no thresholds.json" in caplog.text


@pytest.fixture
def public_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "2D_mine"
    folder.mkdir()
    stardist_network.write(model(), folder, thresholds={"prob": 0.45, "nms": 0.3})
    return folder


def test_a_public_model_from_a_folder_brings_its_thresholds(public_folder: Path) -> None:
    before = sorted(path.name for path in public_folder.iterdir())
    weights = WeightsSpec(kind="pretrained", origin="public", name=str(public_folder))
    segmenter = Stardist(spec(weights=weights), channels=1)
    image = simulated_sample("other").image
    assert np.array_equal(
        segmenter.infer(image).probability,
        reference(public_folder, image, prob=min(segmenter.threshold_values()["prob"])),
    )
    assert segmenter.thresholds == {"prob": 0.45, "nms": 0.3}
    assert segmenter.threshold_values()["prob"][0] == 0.45
    assert segmenter.threshold_values()["nms"] == (0.3, 0.4, 0.5)
    fit(segmenter)
    assert sorted(path.name for path in public_folder.iterdir()) == before


def reference(folder: Path, image: np.ndarray, *, prob: float) -> np.ndarray:
    opened = StarDist2D(None, name=folder.name, basedir=str(folder.parent))
    return opened.predict_sparse(image, prob_thresh=prob, axes="YXC")[0]


def test_a_saved_trial_needs_its_public_model_no_more(public_folder: Path, tmp_path: Path) -> None:
    weights = WeightsSpec(kind="pretrained", origin="public", name="gone")
    segmenter = Stardist(spec(weights=weights), channels=1)
    segmenter.load(public_folder)
    assert segmenter.thresholds == {"prob": 0.45, "nms": 0.3}
    segmenter.infer(simulated_sample("other").image)


def test_a_missing_public_model_is_one_sentence() -> None:
    weights = WeightsSpec(kind="pretrained", origin="public", name="2D_no_such_model")
    segmenter = Stardist(spec(weights=weights), channels=1)
    with pytest.raises(ValueError, match=r"2D_no_such_model.*config\.json.*`source`") as caught:
        fit(segmenter)
    assert "\n" not in str(caught.value)


def test_a_public_model_that_cannot_be_downloaded_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(kind: type, name: str) -> None:
        raise Exception("URL fetch failure on https://github.com/...: None")

    monkeypatch.setattr(stardist_network, "get_model_folder", fail)
    with pytest.raises(ValueError, match=r"URL fetch failure.*python_2D_versatile_fluo\.zip"):
        stardist_network.public("2D_versatile_fluo")


@pytest.mark.parametrize("name", ["config.json", "weights_best.h5"])
def test_a_missing_file_of_a_model_is_named(public_folder: Path, name: str) -> None:
    (public_folder / name).unlink()
    with pytest.raises(ValueError, match=f"{name} is missing"):
        stardist_network.read(public_folder)


@pytest.mark.parametrize("name", ["config.json", "weights_best.h5"])
def test_a_broken_file_of_a_model_is_named(public_folder: Path, name: str) -> None:
    (public_folder / name).write_bytes(b"not what it seems")
    with pytest.raises(ValueError, match="could not be read"):
        stardist_network.read(public_folder)


def test_a_model_of_several_classes_is_refused(public_folder: Path) -> None:
    config = json.loads((public_folder / "config.json").read_text())
    several = StarDist2D(
        stardist_network.Config2D(
            n_rays=16, n_classes=2, unet_n_depth=1, unet_n_filter_base=4, axes="YXC"
        ),
        basedir=None,
    )
    assert config["n_classes"] is None
    stardist_network.write(several, public_folder, thresholds={"prob": 0.5, "nms": 0.4})
    with pytest.raises(ValueError, match="tells 2 apart"):
        stardist_network.read(public_folder)


def test_crops_must_be_halved_evenly() -> None:
    segmenter = Stardist(spec(segmenter=StardistSpec(grid=4, depth=4, filters=4)), channels=1)
    with pytest.raises(ValueError, match=r"multiple of grid \* 2 \*\* depth = 64 .* got 32"):
        fit(segmenter)


def test_another_family_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a StardistSpec, but got UnetSpec"):
        Stardist(spec(segmenter=UnetSpec()), channels=1)


def test_a_promised_gpu_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stardist_runtime.tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(ValueError, match=r"pip install 'cell-segmentation-study\[gpu\]'"):
        Stardist(spec(), channels=1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    Stardist(spec(), channels=1)
