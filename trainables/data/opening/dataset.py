"""A data set: annotated images, examined once and read from disk when needed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from trainables.data.files.defect import Problem
from trainables.data.files.files import pixels_of
from trainables.data.normalise import normalised
from trainables.data.opening.records import Record, Side
from trainables.data.sample import Sample, all_unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is known of one annotated image without reading it again."""

    id: str
    image: Path
    mask: Path | None
    group: str
    """Samples of one group are never split apart; the sample's own id where none is known."""
    side: Side
    """Side of the split that the data set itself names, "" where it names none."""
    height: int
    width: int
    channels: int
    dtype: str
    cells: int
    diameter_px: float
    """Median over cells of the diameter of a circle of the same area; NaN without cells."""
    um_per_px: float | None
    """Pixel size where the file states it."""


class Dataset:
    """Annotated images of one folder, and those without labels."""

    def __init__(
        self,
        *,
        path: Path,
        layout: str,
        entries: Sequence[Entry],
        records: Sequence[Record],
        problems: Sequence[Problem],
        content_hash: str,
        channels: int,
        conversions: Mapping[str, int] | None = None,
        size_edges_px: tuple[float, ...] = (),
    ) -> None:
        self.path = path
        self.name = path.resolve().name
        self.layout = layout
        self.entries = tuple(entries)
        annotated = {entry.id for entry in entries}
        self.unlabelled = tuple(
            record.id for record in records if record.id not in annotated and record.side != "test"
        )
        """Ids of images without labels; those of a test side are sealed and not among them."""
        self.channels = channels
        """Channels of every sample that `read` gives: the most that any annotated image has."""
        self.conversions = dict(conversions or {})
        """How images with another number of channels are converted to it, and how many are."""
        self.size_edges_px = size_edges_px
        """Diameters that part the annotated cells into classes of about equal number, ascending."""
        self.problems = tuple(problems)
        self.content_hash = content_hash
        """sha256 over the pixels of images and labels, whatever the files are called."""
        self._records = {record.id: record for record in records}

    def read(self, sample_id: str) -> Sample:
        """Reads one sample from disk, normalised, with the data set's number of channels.

        Images without labels come with labels that are all unknown (-1).

        Raises:
            ValueError: there is no such sample, or its file has changed and cannot be read.
        """
        sample = self.reader(sample_id)()
        return replace(sample, image=sample.image[:])

    def reader(self, sample_id: str, *, group: str = "") -> Callable[[], Sample]:
        """A function that reads one sample as `read` does, but normalises its image on access.

        Such a sample takes little more memory than its file's pixels. The reader can be pickled,
        and sent to any machine that finds the data set's files under the same path.

        Args:
            sample_id: of any sample.
            group: in place of the one the data set knows.

        Raises:
            ValueError: there is no such sample.
        """
        if sample_id not in self._records:
            raise ValueError(f"{self.name} has no usable image {sample_id!r}.")
        record = self._records[sample_id]
        group = group or record.group or sample_id
        return partial(_read, record, channels=self.channels, group=group)

    def group_of(self, sample_id: str) -> str:
        """Group of any sample, with labels or without."""
        return self._records[sample_id].group or sample_id

    def pixels_of(self, sample_id: str) -> int:
        """Height times width of one image, from its file's header; 0 where that does not say."""
        return pixels_of(self._records[sample_id].image)

    def read_pixels(self, sample_id: str) -> np.ndarray:
        """The image of one sample as the file has it: [H, W, C], not normalised."""
        return self._records[sample_id].read_image()


def _read(record: Record, *, channels: int, group: str) -> Sample:
    """A sample whose image is `Normalised`, which `Sample` takes for the array it stands for."""
    image = normalised(record.read_image(), channels=channels)
    read_labels = record.read_labels
    labels = read_labels() if read_labels else all_unknown(image.shape[:2])
    return Sample(id=record.id, image=cast(np.ndarray, image), labels=labels, group=group)
