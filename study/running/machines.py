"""The machines a study runs on: starting or joining Ray, and the resources a training takes."""

import gc
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
import yaml
from ray import tune

from study.design import ARMS, Setup, Study
from trainables.segmenters.families import FAMILIES, PLAIN
from trainables.spec.trial_spec import Spec, TrialSpec

QUIET = {
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_WARN_THRESHOLD_S": "10",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
}
"""Settings of Ray for studies: our own display in place of its tables, no logger files, and Ctrl-C
as an interruption (by default, Tune ends its trials as if they had been stopped early)."""
AUTOSCALER_FILE = Path("~/ray_bootstrap_config.yaml")
"""Where `ray up` leaves the cluster's configuration on its head node."""
FEW_TRAININGS = 40
"""Trainings of a stage up to which the memory that processes keep stays below a few GiB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machines:
    """Machines of one kind, running or ready to be started by the autoscaler."""

    resources: dict[str, float]
    """Resources of one machine: CPU, GPU."""
    count: int

    def fit(self, bundle: dict[str, float]) -> int:
        """Trainings that fit on one machine at once."""
        return int(min(self.resources.get(kind, 0.0) // amount for kind, amount in bundle.items()))


def start_ray(address: str) -> None:
    """Joins a running cluster, or starts Ray on this machine alone.

    Args:
        address: of the cluster, `auto` for the one this machine belongs to, empty for none.

    Raises:
        ValueError: there is no cluster at the address.
    """
    os.environ.update(QUIET | dict(os.environ))
    logging.getLogger("ray").setLevel(logging.ERROR)
    # Silences errors when a full disk prevents Tune's own snapshots, which are never read.
    logging.getLogger("ray.tune.execution.experiment_state").setLevel(logging.CRITICAL)
    if ray.is_initialized():
        return
    try:
        ray.init(
            address=address or "local",
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": QUIET},
        )
    except ConnectionError as error:
        raise ValueError(
            f"There is no Ray cluster at {address!r}: start one with `ray up cluster.yaml` or "
            f"`ray start --head`, or leave --address out to use this machine."
        ) from error


def stop_ray() -> None:
    """Leaves the cluster, or stops Ray on this machine.

    Garbage that refers to Ray's objects is freed beforehand, and none while Ray stops: if another
    thread (MLflow's) collected such an object meanwhile, Ray would end the whole process.
    """
    gc.collect()
    gc.disable()
    try:
        ray.shutdown()
    finally:
        gc.enable()


def machines() -> list[Machines]:
    """All machines of the cluster, including those that the autoscaler may still start."""
    running = [
        Machines(resources=node["Resources"], count=1) for node in ray.nodes() if node["Alive"]
    ]
    return running + _startable(AUTOSCALER_FILE.expanduser())


def placement(
    study: Study, spec: Spec, available: Sequence[Machines]
) -> tune.PlacementGroupFactory:
    """The resources that a training takes.

    With a single bundle the strategy has no effect, but Tune reuses a process only for trainings
    with equal placements: so none ever holds both TensorFlow and torch.
    """
    segmenter = spec.segmenter.kind if isinstance(spec, TrialSpec) else PLAIN
    strategy = "SPREAD" if FAMILIES[segmenter].framework == "tensorflow" else "PACK"
    return tune.PlacementGroupFactory([_bundle(study.setup(segmenter), available)], strategy)


def processes_serve_again(available: Sequence[Machines], *, trainings: int) -> bool:
    """Whether one process may run several trainings, which saves start-up and imports.

    Not where there are GPUs, nor for many trainings: only the end of a process frees all memory.
    TensorFlow keeps 0.1 to 0.2 GiB of every model that it has trained.

    Args:
        available: the cluster's machines.
        trainings: of the stage.
    """
    return trainings <= FEW_TRAININGS and not _have_gpus(available)


def refuse_unmet(study: Study, available: Sequence[Machines]) -> None:
    """Refuses a study with trainings that fit on no machine; Ray itself would wait forever.

    Raises:
        ValueError: names the family, what it wants and what the largest machine has.
    """
    for name in _segmenters(study):
        wanted = _bundle(study.setup(name), available)
        if any(kind.fit(wanted) for kind in available):
            continue
        largest = {
            resource: max(kind.resources.get(resource, 0.0) for kind in available)
            for resource in wanted
        }
        raise ValueError(
            f"A training of {name} must fit on one machine, but it wants {_say(wanted)} and no "
            f"machine has more than {_say(largest)}: lower --cpus or --gpus, or join a larger "
            f"machine."
        )


def slots(study: Study, available: Sequence[Machines]) -> int:
    """Trainings that fit on the machines at once, counted for the family that takes least."""
    bundles = [_bundle(study.setup(name), available) for name in _segmenters(study)]
    fitting = [sum(kind.count * kind.fit(wanted) for kind in available) for wanted in bundles]
    return max(1, *fitting)


def _startable(file: Path) -> list[Machines]:
    if not file.exists():
        return []
    config: dict[str, Any] = yaml.safe_load(file.read_text())
    return [
        Machines(resources=kind.get("resources", {}), count=int(kind.get("max_workers", 0)))
        for name, kind in config.get("available_node_types", {}).items()
        if name != config.get("head_node_type")
    ]


def _bundle(setup: Setup, available: Sequence[Machines]) -> dict[str, float]:
    """Resources of a training; a share of a GPU is requested only where some machine has one."""
    gpu = {"GPU": setup.gpus} if _have_gpus(available) and setup.gpus else {}
    return {"CPU": float(setup.cpus)} | gpu


def _have_gpus(available: Sequence[Machines]) -> bool:
    return any(kind.resources.get("GPU", 0.0) for kind in available)


def _segmenters(study: Study) -> list[str]:
    return sorted({ARMS[arm].segmenter for arm in study.arms})


def _say(amounts: dict[str, float]) -> str:
    return " and ".join(f"{amount:g} {kind}" for kind, amount in sorted(amounts.items()))
