"""All that one training may touch: at the scale of the files, and at its working scale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trainables.data.sample import Sample
from trainables.data.scale import rescale, working_scale
from trainables.data.shelf import Shelf
from trainables.spec.trial_spec import DataSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialData:
    """All that one trial, or one fit of a GAN, may touch, at the scale of the files."""

    training: Sequence[Sample] = field(repr=False)
    """The annotated samples it learns from; like the others they may be read one at a time."""
    validation: Sequence[Sample] = field(repr=False)
    """The annotated samples that choose its weights and thresholds; a GAN never sees them."""
    test: Iterable[Sample] = field(default=(), repr=False)
    """Empty for every stage that may not see the test images; read one at a time."""
    unlabelled: Sequence[Sample] = field(default=(), repr=False)
    """Images whose labels are unknown, for methods that learn from them."""
    pool: Sequence[Sample] = field(default=(), repr=False)
    """Synthetic samples of the trial's GAN, already at the working scale."""
    weights: Path | None = None
    """The model whose weights training starts from, as `Segmenter.initialise` takes it."""
    size_edges_px: tuple[float, ...] = ()
    """Cell diameters that part the classes in which test images are scored as well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkingData:
    """What a training learns from, at the scale that suits the cells of its training samples."""

    scale: float
    """Working pixels per pixel of the files."""
    training: Sequence[Sample] = field(repr=False)
    validation: Sequence[Sample] = field(repr=False)
    unlabelled: Sequence[Sample] = field(default=(), repr=False)

    @property
    def channels(self) -> int:
        """Channels of the images, the same for all of them."""
        return self.training[0].image.shape[2]


def at_working_scale(data: TrialData, spec: DataSpec) -> WorkingData:
    """Brings all that a training learns from to its working scale, one sample at a time.

    Args:
        data: at the scale of the files; its training samples alone decide the scale.
        spec: the bounds of the cells' median diameter at the working scale.

    Returns:
        The samples, kept on one shelf.
    """
    scale = working_scale(
        data.training, smallest_px=spec.min_diameter_px, largest_px=spec.max_diameter_px
    )
    shelf = Shelf()
    training, validation, unlabelled = (
        [shelf.keep_sample(rescale(sample, scale)) for sample in samples]
        for samples in (data.training, data.validation, data.unlabelled)
    )
    return WorkingData(scale=scale, training=training, validation=validation, unlabelled=unlabelled)
