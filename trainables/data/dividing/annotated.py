"""The annotated samples of one draw, read one at a time: whole, or windows of large ones."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import overload

from trainables.data.dividing.one_image import parts_of
from trainables.data.dividing.split import VALIDATION_EVERY, Annotated
from trainables.data.sample import Sample, without_labels
from trainables.data.windows import is_large, windows_of

Reader = Callable[[], Sample]

TRAINING_PX = 64 * 1024 * 1024
"""Most pixels of all windows that a training is given, shared evenly among its images."""
VALIDATION_PX = 2 * 1024 * 1024
"""The same for validation, whose windows are labelled at every evaluation."""


class ReadSamples(Sequence[Sample]):
    """Samples that are read each time they are asked for, so that not all are in memory."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = list(readers)

    def __len__(self) -> int:
        return len(self._readers)

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> "ReadSamples": ...

    def __getitem__(self, index: int | slice) -> "Sample | ReadSamples":
        found = self._readers[index]
        return ReadSamples(found) if isinstance(found, list) else found()


def annotated_samples(
    readers: Mapping[str, Reader], annotated: Annotated
) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """Training and validation samples of one draw, at the scale of the files.

    Args:
        readers: by sample id; reading a small sample must cost little, as it is done again and
            again. Large samples are replaced by their `windows_of` at once.
        annotated: which images are which.
    """
    if annotated.one_image:
        return _parts(readers[annotated.training[0]]())
    return (
        _samples([readers[name] for name in annotated.training], most_px=TRAINING_PX),
        _samples([readers[name] for name in annotated.validation], most_px=VALIDATION_PX),
    )


def unlabelled_samples(readers: Mapping[str, Reader], ids: Sequence[str]) -> Sequence[Sample]:
    """Images that a draw does not annotate, without their labels.

    Args:
        readers: as in `annotated_samples`.
        ids: of the images.
    """
    return _samples([partial(_unlabelled, readers[name]) for name in ids], most_px=TRAINING_PX)


def _samples(readers: Sequence[Reader], *, most_px: int) -> ReadSamples:
    found: list[Reader] = []
    for read in readers:
        sample = read()
        if is_large(sample.labels.size):
            windows = windows_of(sample, most_px=most_px // len(readers))
            found += [partial(_give, window) for window in windows]
        else:
            found.append(read)
    return ReadSamples(found)


def _parts(sample: Sample) -> tuple[list[Sample], list[Sample]]:
    """One image as a part to train on and another one to validate on."""
    is_whole = not is_large(sample.labels.size)
    windows = [sample] if is_whole else windows_of(sample, most_px=TRAINING_PX + VALIDATION_PX)
    if len(windows) == 1:
        training, validation = parts_of(windows[0])
        return [training], [validation]
    most = VALIDATION_PX // windows[0].labels.size
    held_out = max(1, min(most, len(windows) // VALIDATION_EVERY))
    return windows[held_out:], windows[:held_out]


def _unlabelled(read: Reader) -> Sample:
    return without_labels(read())


def _give(sample: Sample) -> Sample:
    return sample
