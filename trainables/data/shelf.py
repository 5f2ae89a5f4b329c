"""Keeps the arrays of a training: in memory up to a bound, beyond it in files."""

import dataclasses
import tempfile

import numpy as np

from trainables.data.sample import Sample

MEMORY_BYTES = 2**30


class Shelf:
    """Takes arrays and gives them back, memory-mapped from files once they fill a bound.

    The files lie where Python puts temporary files (TMPDIR), have no name, and are gone with the
    arrays, even where the process is killed. Their pages are read when a crop needs them, and
    dropped again by the operating system when memory is short.
    """

    def __init__(self, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._free_bytes = memory_bytes

    def keep(self, array: np.ndarray) -> np.ndarray:
        """The array itself, or an equal one that is read from a file."""
        if array.nbytes <= self._free_bytes:
            self._free_bytes -= array.nbytes
            return array
        with tempfile.TemporaryFile() as file:
            np.ascontiguousarray(array).tofile(file)
            mapped = np.memmap(file, array.dtype, "r", shape=array.shape)
        return np.asarray(mapped)

    def keep_sample(self, sample: Sample) -> Sample:
        """The sample with its image and labels kept."""
        return dataclasses.replace(
            sample, image=self.keep(sample.image), labels=self.keep(sample.labels)
        )
