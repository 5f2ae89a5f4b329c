"""A trial, or the fit of a GAN, as a Ray Tune trainable: report, checkpoint, restore."""

import dataclasses
import errno
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ray import tune

from trainables.data.dividing.annotated import Reader, annotated_samples, unlabelled_samples
from trainables.data.dividing.split import Split
from trainables.data.sample import Sample
from trainables.examples import ExampleKeeper
from trainables.machine.environment import environment
from trainables.results.cost import CostMeter
from trainables.results.result import Progress, TrialResult
from trainables.spec.reading import read_spec
from trainables.spec.stages import STAGES
from trainables.spec.trial_spec import GanFitSpec, Spec, TrialSpec, gan_fit, unlabelled_count
from trainables.training.contract import Checkpoints, Report

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""The system's numbers for a full disk and a used-up quota."""


class ClearableCheckpoints(Checkpoints, Protocol):
    """Checkpoints that can be thrown away once the trial has ended."""

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
    """One data set, as the machines that train reach it."""

    split: Split
    samples: dict[str, Reader] = field(repr=False)
    """By sample id; a stage that may not see the test images gets only the others. They are read
    from Ray's object store, large ones from their files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialInputs:
    """What all trials of a stage share."""

    store: TrialStore
    data: dict[str, DataInputs]
    """By the hash of the split, which a spec names."""
    read_pool: Callable[[str], list[Sample]] = field(repr=False)
    """The synthetic samples of a fitted GAN, by its id."""
    weights: dict[str, Callable[[], Path]] = field(default_factory=dict)
    """Gives the published model, or that of another study, from which trainings of a segmenter
    start, on the machine that trains."""
    example_ids: tuple[str, ...] = ()
    """Test images whose predictions are kept for the report's pictures."""
    example_trials: tuple[str, ...] = ()
    """Trials that keep them."""
    size_edges_px: tuple[float, ...] = ()
    """Cell diameters that part the classes of the test scores."""


def trainable(config: dict[str, Any], *, inputs: TrialInputs) -> None:
    """Runs the trial that `config["spec"]` describes, unless the store holds its result.

    A trial that fails by its own fault is stored as failed, with its reason, and ends in peace;
    one whose process is lost is run again by Tune, from its last checkpoint. On a full disk
    nothing is stored and the study is told to stop.
    """
    spec = read_spec(config["spec"])
    try:
        status = _ended(spec, inputs).status
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        tune.report({"trial": spec.id, "complaint": str(error.strerror)})
        return
    tune.report({"trial": spec.id, "status": status})


def _ended(spec: Spec, inputs: TrialInputs) -> TrialResult:
    """The stored result of the trial, which is run where there is none."""
    result = inputs.store.result(spec.id)
    if result is None:
        checkpoints = inputs.store.checkpoints(spec.id)
        result = _run_or_fail(spec, inputs, checkpoints)
        inputs.store.write_result(result)
        checkpoints.clear()
    return result


def _run_or_fail(spec: Spec, inputs: TrialInputs, checkpoints: Checkpoints) -> TrialResult:
    """What became of the trial; one that failed keeps what it spent and reported until then."""
    meter, progress = CostMeter(), list[Progress]()

    def report(step: Progress) -> None:
        progress.append(step)
        _report(step)

    try:
        with meter.fitting():
            result = _run(spec, inputs, checkpoints, report)
    except OSError:
        raise
    except Exception as error:
        reason = "".join(traceback.format_exception_only(error)).strip()
        result = TrialResult(
            trial_id=spec.id,
            spec=spec,
            status="failed",
            reason=f"{reason}\n{''.join(traceback.format_exception(error))}",
            progress=tuple(progress),
            cost=meter.cost(progress),
        )
    return dataclasses.replace(result, environment=environment())


def _run(spec: Spec, inputs: TrialInputs, checkpoints: Checkpoints, report: Report) -> TrialResult:
    data = inputs.data[spec.data.split]
    annotated = data.split.draw(annotation_count=spec.data.annotation_count, draw=spec.data.draw)
    training, validation = annotated_samples(data.samples, annotated)
    unlabelled = _unlabelled_samples(spec, data)
    if isinstance(spec, GanFitSpec):
        return _fit_gan(spec, training, validation, unlabelled, inputs.store, checkpoints, report)
    return _train(spec, training, validation, unlabelled, inputs, checkpoints, report)


def _fit_gan(
    spec: GanFitSpec,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    unlabelled: Sequence[Sample],
    store: TrialStore,
    checkpoints: Checkpoints,
    report: Report,
) -> TrialResult:
    from trainables.gan_trial import run_gan_fit

    results = []

    def write(folder: Path) -> None:
        results.append(
            run_gan_fit(
                spec,
                training=training,
                validation=validation,
                unlabelled=unlabelled,
                report=report,
                checkpoints=checkpoints,
                folder=folder,
            )
        )

    store.write_folder(f"gans/{spec.id}", write)
    return results[0]


def _train(
    spec: TrialSpec,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    unlabelled: Sequence[Sample],
    inputs: TrialInputs,
    checkpoints: Checkpoints,
    report: Report,
) -> TrialResult:
    from trainables.trial import TrialData, run_trial

    store = inputs.store
    examples = ExampleKeeper(inputs.example_ids if spec.id in inputs.example_trials else ())
    result = run_trial(
        spec,
        TrialData(
            training=training,
            validation=validation,
            unlabelled=unlabelled,
            test=_test_samples(spec, inputs),
            pool=_pool(spec, inputs),
            weights=_weights(spec, inputs),
            size_edges_px=inputs.size_edges_px,
        ),
        report=report,
        checkpoints=checkpoints,
        keep_model=lambda model: (
            store.write_folder(f"models/{spec.id}", model.save)
            if STAGES[spec.stage].keeps_models
            else None
        ),
        keep_prediction=examples.keep,
    )
    if not examples.is_empty:
        store.write_bytes(f"examples/{spec.id}.npz", examples.as_npz())
    return result


def _unlabelled_samples(spec: Spec, data: DataInputs) -> Sequence[Sample]:
    """Images that this draw does not annotate; their labels stay behind."""
    ids = data.split.draw_unlabelled(
        annotation_count=spec.data.annotation_count,
        draw=spec.data.draw,
        count=unlabelled_count(spec),
    )
    return unlabelled_samples(data.samples, ids)


def _test_samples(spec: TrialSpec, inputs: TrialInputs) -> Iterator[Sample]:
    if not STAGES[spec.stage].sees_test:
        return
    data = inputs.data[spec.data.split]
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


def _report(progress: Progress) -> None:
    tune.report({"status": "running", **dataclasses.asdict(progress)})
