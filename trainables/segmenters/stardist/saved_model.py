"""Writes a StarDist network as Fiji's StarDist plugin reads it, which runs TensorFlow 1.

StarDist's own `export_TF` refuses to do so under Keras 3, and the plugin could not open
what it wrote under TensorFlow 2: TensorFlow 1 lacks its kind of variables and some operations. Here
the weights are constants, and all operations are as old as TensorFlow 1.12, Fiji's default.
"""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf
from stardist.models import StarDist2D
from tensorflow.core.framework import graph_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from trainables.segmenters.stardist.network import silently

V1 = tf.compat.v1
SAVED_MODEL_FILE = "TF_SavedModel.zip"
"""File name, as in `export_TF`."""
INPUT, OUTPUT = "input", "output"
"""Names of input and output in csbdeep, with which the plugin runs the network."""
OLD_NAMES = {"AddV2": "Add"}
"""Operations that have another name in TensorFlow 1.12."""


def write_saved_model(model: StarDist2D, folder: Path) -> Path:
    """Writes `TF_SavedModel.zip`: from float32 [N, H, W, C] to float32 [N, H, W, 1 + rays].

    The input is normalised; the output is the probability and the distances in pixels.

    Args:
        model: for 2D images.
        folder: to write to.

    Returns:
        The file.
    """
    function = _of_constants(_with_one_output(model))
    with TemporaryDirectory() as parent, _session() as session:
        given, made = tf.graph_util.import_graph_def(
            _with_old_names(function.graph.as_graph_def()),
            return_elements=[function.inputs[0].name, function.outputs[0].name],
            name="",
        )
        signature = V1.saved_model.predict_signature_def({INPUT: given}, {OUTPUT: made})
        builder = V1.saved_model.Builder(f"{parent}/model")
        builder.add_meta_graph_and_variables(
            session,
            [tf.saved_model.SERVING],
            {tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
            strip_default_attrs=True,  # among them those that were added since
        )
        silently(builder.save)
        archive = shutil.make_archive(f"{parent}/model", "zip", f"{parent}/model")
        return Path(shutil.move(archive, folder / SAVED_MODEL_FILE))


def run_saved_model(file: Path, images: np.ndarray) -> np.ndarray:
    """Output of a file that `write_saved_model` wrote, for images as its network takes them."""
    with TemporaryDirectory() as parts, _session() as session:
        shutil.unpack_archive(file, parts)
        signatures = V1.saved_model.load(session, [tf.saved_model.SERVING], parts).signature_def
        signature = signatures[tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
        given, made = signature.inputs[INPUT].name, signature.outputs[OUTPUT].name
        return np.asarray(session.run(made, {given: images}))


@contextlib.contextmanager
def _session() -> Iterator[tf.compat.v1.Session]:
    """A session of TensorFlow 1 in a graph of its own, without the advice to use TensorFlow 2."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        with tf.Graph().as_default(), V1.Session() as session:
            yield session
    finally:
        logger.setLevel(level)


def _with_one_output(model: StarDist2D) -> keras.Model:
    """The network with its two outputs in one, as large as the image, as the plugin requires.

    Between the points of the grid the probability is 0; copies there would be candidates as well.
    """
    network, grid = model.keras_model, model.config.grid
    probability, distances = network.outputs
    if max(grid) > 1:
        spread = keras.layers.Conv2DTranspose(
            1, 1, strides=grid, kernel_initializer="ones", use_bias=False
        )
        probability = spread(probability)
        distances = keras.layers.UpSampling2D(grid)(distances)
    return keras.Model(network.inputs, keras.layers.Concatenate()([probability, distances]))


def _of_constants(network: keras.Model) -> tf.types.experimental.ConcreteFunction:
    """The network as a function with constants in place of variables."""
    images = tf.TensorSpec((None, None, None, network.input_shape[-1]), tf.float32, name=INPUT)
    function = tf.function(lambda images: network(images, training=False))
    return convert_variables_to_constants_v2(function.get_concrete_function(images))


def _with_old_names(graph: graph_pb2.GraphDef) -> graph_pb2.GraphDef:
    for node in graph.node:
        node.op = OLD_NAMES.get(node.op, node.op)
    return graph
