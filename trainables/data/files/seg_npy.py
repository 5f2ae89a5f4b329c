"""Reads the labels of a Cellpose `_seg.npy`, a pickled dict, without executing pickled code."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from trainables.data.files.defect import DefectError
from trainables.data.files.files import READ_ERRORS
from trainables.data.files.label_rules import as_labels

ARRAY_PARTS = {
    "_reconstruct": ("numpy._core.multiarray", "numpy.core.multiarray"),
    "scalar": ("numpy._core.multiarray", "numpy.core.multiarray"),
    "_frombuffer": ("numpy._core.numeric", "numpy.core.numeric"),
    "ndarray": ("numpy",),
    "dtype": ("numpy",),
    "encode": ("_codecs",),
}
"""All that a pickled array is made of, and the modules it may come from; none runs code."""


def read_seg_labels(path: Path) -> np.ndarray:
    """Labels saved by Cellpose's graphical interface.

    Returns:
        int32 [H, W], 0 background.

    Raises:
        DefectError: the file is damaged, holds more than arrays and plain values, or no masks.
    """
    try:
        content = _load(path)
    except (*READ_ERRORS, pickle.UnpicklingError, AttributeError) as error:
        raise DefectError(
            path.name,
            what=f"is not a Cellpose _seg.npy of plain arrays ({error})",
            remedy="save it again with Cellpose",
        ) from error
    masks = content.get("masks") if isinstance(content, dict) else None
    if not isinstance(masks, np.ndarray) or np.squeeze(masks).ndim != 2:
        raise DefectError(
            path.name, what="holds no masks of one plane", remedy="save it again with Cellpose"
        )
    return as_labels(np.squeeze(masks), file=path.name)


class _ArraysOnly(pickle.Unpickler):
    """Admits numpy arrays and plain values; every other name is refused, so no code is called."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ARRAY_PARTS.get(name, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not loaded")


def _load(path: Path) -> Any:
    """Content of a .npy of dtype object: its header, then a pickle of a 0-dimensional array."""
    with path.open("rb") as stream:
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        _, _, dtype = read_header(stream)
        if dtype != np.dtype(object):
            raise ValueError(f"it holds an array of {dtype}, not a dict")
        return _ArraysOnly(stream).load().item()
