"""The images of a data set, read once and passed through Ray to every machine that trains."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import ray

from study.inputs.data import StudyData
from trainables.data.dividing.annotated import Reader
from trainables.data.dividing.split import Split
from trainables.data.sample import Sample
from trainables.data.windows import is_large
from trainables.trial_inputs import DataInputs


class SharedImages:
    """The images of one data set that trainings have asked for so far.

    Ray spills to disk what memory cannot hold, and brings images to machines that cannot reach
    the files. They are held as long as this object, or the inputs that name them, exist.
    """

    def __init__(self, data: StudyData, *, on_cluster: bool) -> None:
        """Reads nothing yet.

        Args:
            data: the data set.
            on_cluster: whether there may be machines that cannot reach its files.
        """
        self._dataset = data.dataset
        self._on_cluster = on_cluster
        self._readers: dict[str, Reader] = {}

    def inputs(self, split: Split, ids: Iterable[str]) -> DataInputs:
        """A split with the images that trainings on it may touch, and no others.

        Args:
            split: of the data set; folds share the images that are in several of them.
            ids: of the images; those not yet passed to Ray are read now.
        """
        return DataInputs(
            split=split,
            samples={name: self._reader(name, group=split.groups[name]) for name in ids},
        )

    def _reader(self, name: str, *, group: str) -> Reader:
        if name not in self._readers:
            self._readers[name] = self._handed_over(name, group=group)
        return self._readers[name]

    def _handed_over(self, name: str, *, group: str) -> Reader:
        """A function that returns the sample on the machine where it is called.

        A large sample is passed on as pixels, not normalised, and only on a cluster: on this
        machine trainings read its file.
        """
        read = self._dataset.reader(name, group=group)
        if not is_large(self._dataset.pixels_of(name)):
            sample = read()
            return _in_object_store(replace(sample, image=sample.image[:]))
        return _in_object_store(read()) if self._on_cluster else read


def _in_object_store(sample: Sample) -> Reader:
    return partial(_from_object_store, ray.put(sample))


def _from_object_store(reference: ray.ObjectRef) -> Sample:
    sample: Sample = ray.get(reference)
    return sample
