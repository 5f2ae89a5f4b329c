"""Starts TensorFlow as a trial needs it. Import this before anything that imports TensorFlow."""

import contextlib
import os
from collections.abc import Iterator

from trainables.machine.processor import multiplies_bfloat16, processor_flags

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    # TensorFlow's C++ side logs errors that are harmless ("failed call to cuInit" on every machine
    # without a GPU); real errors come as Python exceptions all the same.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Otherwise the first trial on a GPU takes all of its memory, and the others on it fail.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    # By default TensorFlow uses oneDNN's convolutions only on processors with AVX-512; on one with
    # AVX2 alone they made a training step 1.7 times faster.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    # With these, losses stay float32 within `bfloat16_steps`: in bfloat16 1 - p is 0 for every
    # probability above 0.998, and the cross-entropy infinite.
    "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_DENYLIST_ADD": "Sigmoid,Sub,Abs",
    "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_INFERLIST_REMOVE": "Sigmoid,Sub",
    "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_CLEARLIST_REMOVE": "Abs",
}

BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    """Drops what C++ code writes to standard error; exceptions are shown as usual.

    While it is loaded, TensorFlow logs before its log level is in force.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


# TensorFlow reads its environment once, when it is loaded: the one work this package does at
# import. Its thread pools follow OMP_NUM_THREADS, which Ray sets to the CPUs of the trial.
os.environ |= ENVIRONMENT
if threads := os.environ.get("OMP_NUM_THREADS"):
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", threads)
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", threads)
with _muted():
    import tensorflow as tf


def require_promised_gpu() -> None:
    """Refuses to train on the CPU what was meant for a GPU: costs would not be comparable.

    Raises:
        ValueError: CUDA_VISIBLE_DEVICES names a GPU, and TensorFlow sees none.
    """
    promised = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    if promised in ("", "-1", "NoDevFiles") or tf.config.list_physical_devices("GPU"):
        return
    raise ValueError(
        f"StarDist must run on the GPU it was promised (CUDA_VISIBLE_DEVICES={promised}), but "
        f"TensorFlow sees no GPU: run `pip install 'cell-segmentation-study[gpu]'`, which brings "
        f"the CUDA libraries that TensorFlow was built for."
    )


def make_reproducible() -> None:
    """Makes TensorFlow's operations give the same result each time; for the whole process."""
    tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def bfloat16_steps() -> Iterator[None]:
    """On CPUs that multiply bfloat16, graphs that first run within it convolve in it, by oneDNN.

    Weights, losses and what the network gives back stay float32. Steps on GPUs are left alone:
    there TensorFlow offers only float16, which would need scaled losses.
    """
    if tf.config.list_physical_devices("GPU") or not multiplies_bfloat16(processor_flags()):
        yield
        return
    tf.config.optimizer.set_experimental_options({BFLOAT16: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({BFLOAT16: False})
