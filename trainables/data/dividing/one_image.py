"""One image as two: a part to train on and a part to validate on."""

import numpy as np

from trainables.data.sample import Sample


def parts_of(sample: Sample) -> tuple[Sample, Sample]:
    """A training and a validation part of one image, about 70 and 30 % of its longer side.

    The cut goes where it meets the fewest cell pixels, between 60 and 80 %, and where both parts
    hold cells if there is such a place.
    """
    along = int(sample.labels.shape[1] >= sample.labels.shape[0])
    labels = np.moveaxis(sample.labels, along, 0)
    length = len(labels)
    cells = (labels > 0).sum(axis=1)
    candidates = range(max(1, round(0.6 * length)), max(2, round(0.8 * length) + 1))
    cut = min(
        candidates,
        key=lambda at: (
            not (cells[:at].any() and cells[at:].any()),
            int(((labels[at - 1] > 0) & (labels[at - 1] == labels[at])).sum()),
            abs(at - 0.7 * length),
        ),
    )
    return _part(sample, along, slice(0, cut), "a"), _part(sample, along, slice(cut, None), "b")


def _part(sample: Sample, along: int, rows: slice, suffix: str) -> Sample:
    area = (slice(None), rows) if along else (rows, slice(None))
    return Sample(
        id=f"{sample.id}-{suffix}",
        image=np.ascontiguousarray(sample.image[area]),
        labels=np.ascontiguousarray(sample.labels[area]),
        group=sample.group,
        provenance=sample.provenance,
    )
