"""A trial, or the fit of a GAN, as a Ray Tune trainable: report, checkpoint, restore."""

import dataclasses
import errno
import traceback
from pathlib import Path
from typing import Any

from ray import tune

from trainables.examples import ExampleKeeper
from trainables.machine.environment import environment
from trainables.models.model import Model
from trainables.results.cost import CostMeter
from trainables.results.result import Progress, TrialResult
from trainables.segmenters.families import packages_of_families
from trainables.spec.stages import STAGES
from trainables.spec.trial_spec import GanFitSpec, Spec, TrialSpec
from trainables.training.contract import Checkpoints, Report
from trainables.trial_inputs import TrialInputs, trial_data
from trainables.wire.reading import read_spec

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""The system's error numbers for a full disk and an exhausted quota."""


def trainable(config: dict[str, Any], *, inputs: TrialInputs) -> None:
    """Runs the trial that `config["spec"]` describes, unless the store holds its result.

    A trial that fails by its own fault is stored as failed, with its reason, and ends normally;
    one whose process is lost is rerun by Tune from its last checkpoint. On a full disk nothing is
    stored and the study is asked to stop.
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
    """The stored result of the trial, which is run if there is none."""
    result = inputs.store.result(spec.id)
    if result is None:
        checkpoints = inputs.store.checkpoints(spec.id)
        result = _run_or_fail(spec, inputs, checkpoints)
        inputs.store.write_result(result)
        checkpoints.clear()
    return result


def _run_or_fail(spec: Spec, inputs: TrialInputs, checkpoints: Checkpoints) -> TrialResult:
    """Outcome of the trial; a failed one keeps what it had spent and reported until then."""
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
    return dataclasses.replace(result, environment=environment(packages_of_families()))


def _run(spec: Spec, inputs: TrialInputs, checkpoints: Checkpoints, report: Report) -> TrialResult:
    if isinstance(spec, GanFitSpec):
        return _fit_gan(spec, inputs, checkpoints, report)
    return _train(spec, inputs, checkpoints, report)


def _fit_gan(
    spec: GanFitSpec, inputs: TrialInputs, checkpoints: Checkpoints, report: Report
) -> TrialResult:
    from trainables.gan_trial import run_gan_fit

    data, results = trial_data(spec, inputs), list[TrialResult]()

    def write(folder: Path) -> None:
        results.append(
            run_gan_fit(spec, data, report=report, checkpoints=checkpoints, folder=folder)
        )

    inputs.store.write_folder(f"gans/{spec.id}", write)
    return results[0]


def _train(
    spec: TrialSpec, inputs: TrialInputs, checkpoints: Checkpoints, report: Report
) -> TrialResult:
    from trainables.trial import run_trial

    store = inputs.store
    examples = ExampleKeeper(inputs.example_ids if spec.id in inputs.example_trials else ())

    def keep(model: Model) -> None:
        if STAGES[spec.stage].keeps_models:
            store.write_folder(f"models/{spec.id}", model.save)

    result = run_trial(
        spec,
        trial_data(spec, inputs),
        report=report,
        checkpoints=checkpoints,
        keep_model=keep,
        keep_prediction=examples.keep,
    )
    if not examples.is_empty:
        store.write_bytes(f"examples/{spec.id}.npz", examples.as_npz())
    return result


def _report(progress: Progress) -> None:
    tune.report({"status": "running", **dataclasses.asdict(progress)})
