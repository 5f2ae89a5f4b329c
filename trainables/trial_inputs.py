"""What all trials of a stage share, and the part of it that one of them receives."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from trainables.data.dividing.annotated import Reader, annotated_samples, unlabelled_samples
from trainables.data.dividing.split import Split
from trainables.data.sample import Sample
from trainables.data.trial_data import TrialData
from trainables.results.result import TrialResult
from trainables.spec.stages import STAGES
from trainables.spec.trial_spec import Spec, TrialSpec, gan_fit, unlabelled_count
from trainables.training.contract import Checkpoints


class ClearableCheckpoints(Checkpoints, Protocol):
    """Checkpoints that can be deleted once the trial has ended."""

    def clear(self) -> None: ...


class TrialStore(Protocol):
    """What a trial needs of the study's store."""

    def result(self, trial_id: str) -> TrialResult | None: ...

    def write_result(self, result: TrialResult) -> None: ...

    def write_bytes(self, name: str, content: bytes) -> None: ...

    def write_folder(self, name: str, write: Callable[[Path], None]) -> None: ...

    def read_folder(self, name: str) -> Path | None: ...

    def checkpoints(self, trial_id: str) -> ClearableCheckpoints: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DataInputs:
    """One data set, as the training machines access it."""

    split: Split
    samples: dict[str, Reader] = field(repr=False)
    """Samples by id; a stage that may not see the test images gets only the others. They are read
    from Ray's object store, large ones from their files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialInputs:
    """What all trials of a stage share."""

    store: TrialStore
    data: dict[str, DataInputs]
    """Data sets by the hash of the split, which a spec names."""
    read_pool: Callable[[str], list[Sample]] = field(repr=False)
    """Reads the synthetic samples of a fitted GAN, by its id."""
    weights: dict[str, Callable[[], Path]] = field(default_factory=dict)
    """Each returns, on the training machine, the published model or that of another study from
    which training of a segmenter starts."""
    example_ids: tuple[str, ...] = ()
    """Test images whose predictions are kept for the report's pictures."""
    example_trials: tuple[str, ...] = ()
    """Trials that keep these predictions."""
    size_edges_px: tuple[float, ...] = ()
    """Cell diameters that separate the size classes of the test scores."""


def trial_data(spec: Spec, inputs: TrialInputs) -> TrialData:
    """What a spec allows its training to touch.

    Raises:
        ValueError: the model that training starts from is missing.
    """
    data = inputs.data[spec.data.split]
    annotated = data.split.draw(annotation_count=spec.data.annotation_count, draw=spec.data.draw)
    training, validation = annotated_samples(data.samples, annotated)
    unlabelled = _unlabelled(spec, data)
    if not isinstance(spec, TrialSpec):
        return TrialData(training=training, validation=validation, unlabelled=unlabelled)
    return TrialData(
        training=training,
        validation=validation,
        unlabelled=unlabelled,
        test=_test(spec, data),
        pool=_pool(spec, inputs),
        weights=_weights(spec, inputs),
        size_edges_px=inputs.size_edges_px,
    )


def _unlabelled(spec: Spec, data: DataInputs) -> Sequence[Sample]:
    """Images that this draw does not annotate; their labels stay behind."""
    ids = data.split.draw_unlabelled(
        annotation_count=spec.data.annotation_count,
        draw=spec.data.draw,
        count=unlabelled_count(spec),
    )
    return unlabelled_samples(data.samples, ids)


def _test(spec: TrialSpec, data: DataInputs) -> Iterator[Sample]:
    if not STAGES[spec.stage].sees_test:
        return
    for sample_id in data.split.test_ids:
        yield data.samples[sample_id]()


def _pool(spec: TrialSpec, inputs: TrialInputs) -> list[Sample]:
    if spec.extra.gan is None or spec.extra.ratio == 0:
        return []
    return inputs.read_pool(gan_fit(spec).id)


def _weights(spec: TrialSpec, inputs: TrialInputs) -> Path | None:
    if spec.weights.origin == "public":
        return inputs.weights[spec.segmenter.kind]()
    if spec.weights.origin != "source":
        return None
    folder = inputs.store.read_folder(f"models/{spec.weights.name}")
    if folder is None:
        raise ValueError(
            f"The weights {spec.weights.name}, from which trial {spec.id} starts, are missing."
        )
    return folder
