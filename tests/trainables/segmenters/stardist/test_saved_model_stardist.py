"""What is written for Fiji can be read by the TensorFlow 1.12 in it, and gives the same."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.trainables.segmenters.contract import simulated_sample
from tests.trainables.segmenters.stardist.stardist_trials import SMALL, model
from trainables.segmenters.stardist.saved_model import run_saved_model, write_saved_model
from trainables.segmenters.stardist.settings import StardistSpec

from tensorflow.core.protobuf import saved_model_pb2  # isort: skip

RAYS = SMALL.rays
TENSORFLOW_1_12 = {
    "Add": {"T"},
    "BiasAdd": {"T", "data_format"},
    "Cast": {"SrcT", "DstT", "Truncate"},
    "ConcatV2": {"N", "T", "Tidx"},
    "Const": {"value", "dtype"},
    "Conv2D": {"T", "strides", "use_cudnn_on_gpu", "padding", "data_format", "dilations"},
    "Conv2DBackpropInput": {
        *("T", "strides", "use_cudnn_on_gpu", "padding", "data_format", "dilations")
    },
    "ExpandDims": {"T", "Tdim"},
    "Identity": {"T"},
    "MaxPool": {"T", "ksize", "strides", "padding", "data_format"},
    "Mul": {"T"},
    "NoOp": set(),
    "Pack": {"N", "T", "axis"},
    "Placeholder": {"dtype", "shape"},
    "Relu": {"T"},
    "Reshape": {"T", "Tshape"},
    "Rsqrt": {"T"},
    "Shape": {"T", "out_type"},
    "Sigmoid": {"T"},
    "Squeeze": {"T", "squeeze_dims"},
    "StridedSlice": {
        *("T", "Index", "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"),
        "shrink_axis_mask",
    },
    "Sub": {"T"},
    "Tile": {"T", "Tmultiples"},
}
"""Operations and their attributes that it has registered, as its own registry names them."""


@pytest.fixture(scope="module", params=[1, 2])
def grid(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def small(grid: int) -> StardistSpec:
    return StardistSpec(rays=RAYS, grid=grid, depth=SMALL.depth, filters=SMALL.filters)


@pytest.mark.parametrize("channels", [1, 3])
def test_it_gives_what_the_model_gives_at_the_size_of_the_image(
    grid: int, channels: int, tmp_path: Path
) -> None:
    made = model(spec=small(grid), channels=channels)
    file = write_saved_model(made, tmp_path)
    image = simulated_sample("other", shape=(64, 96), channels=channels).image
    (maps,) = run_saved_model(file, image[np.newaxis])
    assert maps.shape == (64, 96, 1 + RAYS)
    probability, distances = made.predict(image, axes="YXC")
    np.testing.assert_allclose(maps[::grid, ::grid, 0], probability, atol=1e-5)
    assert np.mean(maps[..., 0] > 0) == 1 / grid**2, "one candidate for each point of the grid"
    everywhere = distances.repeat(grid, axis=0).repeat(grid, axis=1)
    np.testing.assert_allclose(np.maximum(maps[..., 1:], 1e-3), everywhere, atol=1e-4)


def test_tensorflow_1_12_knows_every_operation(grid: int, tmp_path: Path) -> None:
    file = write_saved_model(model(spec=small(grid)), tmp_path)
    described = saved_model_pb2.SavedModel()
    described.ParseFromString(zipfile.ZipFile(file).read("saved_model.pb"))
    (graph,) = described.meta_graphs
    assert not graph.graph_def.library.function
    for node in graph.graph_def.node:
        known = {name for name in node.attr if not name.startswith("_")}
        assert known <= TENSORFLOW_1_12[node.op], node.op
    (given,) = graph.signature_def["serving_default"].inputs.values()
    sides = [side.size for side in given.tensor_shape.dim]
    assert sides == [-1, -1, -1, 1], "the plugin counts the dimensions"
