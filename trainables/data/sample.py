"""A sample: one image with its instance labels."""

from dataclasses import dataclass, field, replace

import numpy as np

IGNORED = -1
"""Label of pixels about which nothing is known: not scored, no loss."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a synthetic sample comes from."""

    maker: str
    """What made it: `copy_paste`, `simulated`, or the id of the GAN."""
    sources: tuple[str, ...]
    """Ids of the annotated samples whose pixels or masks it was made from."""
    seed: int | None = None
    """Seed of the round in which a GAN made this sample; None for what a trial makes from its own
    seeds. See `pool.draw_again`."""
    place: int = 0
    """Position in the round made with this seed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One image with its instance labels."""

    id: str
    """Unique within a data set; the file's stem where it came from a file."""
    image: np.ndarray = field(repr=False)
    """float32 [H, W, C], each channel scaled so that its 1st and 99.8th percentiles are 0 and 1.
    A large image may be a `Normalised`, which is read by windows."""
    labels: np.ndarray = field(repr=False)
    """int32 [H, W]; 0 background, every other positive value one cell, -1 unknown (ignored)."""
    group: str
    """Samples of one group (a well, donor, slide, video) are never split apart."""
    provenance: Provenance | None = None
    """None for a real sample."""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.dtype != np.float32:
            raise ValueError(
                f"The image of a sample must be float32 [H, W, C], but {self.id} has "
                f"{self.image.dtype} {list(self.image.shape)}."
            )
        if self.labels.shape != self.image.shape[:2] or self.labels.dtype != np.int32:
            raise ValueError(
                f"The labels of a sample must be int32 {list(self.image.shape[:2])} like its "
                f"image, but {self.id} has {self.labels.dtype} {list(self.labels.shape)}."
            )

    @property
    def cell_count(self) -> int:
        """Number of annotated cells."""
        values = np.unique(self.labels)
        return int((values > 0).sum())


def without_labels(sample: Sample) -> Sample:
    """The same image, with nothing known about its cells."""
    return replace(sample, labels=all_unknown(sample.labels.shape))


def all_unknown(shape: tuple[int, ...]) -> np.ndarray:
    """int32 [H, W] of -1, read-only: a single number in memory, whatever the size."""
    return np.broadcast_to(np.int32(IGNORED), shape)
