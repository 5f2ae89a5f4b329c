"""The machines a study runs on: Ray started or joined, and what a training takes of them."""

import logging
import os
from dataclasses import dataclass

import ray

from study.design import ARMS, Study
from study.plan import Spec
from trainables.spec import TrialSpec

QUIET = {
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_WARN_THRESHOLD_S": "10",
}
"""Settings of Ray for studies: our own display in place of its tables, no logger files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What one training takes of a machine."""

    cpus: int
    gpus: float

    def as_bundle(self) -> dict[str, float]:
        """As Ray's placement groups want it."""
        return {"CPU": self.cpus} | ({"GPU": self.gpus} if self.gpus else {})


def start_ray(address: str) -> None:
    """Joins a running cluster, or starts Ray on this machine alone.

    Args:
        address: of the cluster, `auto` for the one this machine belongs to, empty for none.

    Raises:
        ValueError: there is no cluster at the address.
    """
    os.environ.update(QUIET | dict(os.environ))
    logging.getLogger("ray").setLevel(logging.ERROR)
    if ray.is_initialized():
        return
    try:
        ray.init(
            address=address or "local",
            include_dashboard=False if not address else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": QUIET},
        )
    except ConnectionError as error:
        raise ValueError(
            f"There is no Ray cluster at {address!r}: start one with `ray up cluster.yaml` or "
            f"`ray start --head`, or leave --address out to use this machine."
        ) from error


def share(study: Study, spec: Spec) -> Share:
    """What a training takes: what its family says, and a GPU's share only where there are GPUs."""
    segmenter = spec.segmenter.kind if isinstance(spec, TrialSpec) else "unet"
    family = study.family(segmenter)
    return Share(cpus=family.cpus, gpus=family.gpus if _gpus() else 0.0)


def refuse_unmet(study: Study) -> None:
    """Refuses a study whose trainings no machine can take; Ray itself would wait for ever.

    Raises:
        ValueError: names the family, what it wants and what the largest machine has.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for name in sorted({ARMS[arm].segmenter for arm in study.arms}):
        family = study.family(name)
        wanted = Share(cpus=family.cpus, gpus=family.gpus if _gpus() else 0.0).as_bundle()
        if not any(_fits(wanted, node) for node in nodes):
            largest = {kind: max(node.get(kind, 0.0) for node in nodes) for kind in wanted}
            raise ValueError(
                f"A training of {name} must fit on one machine, but it wants {_say(wanted)} and "
                f"no machine of the cluster has more than {_say(largest)}: lower --cpus or "
                f"--gpus, or join a larger machine."
            )


def slots(study: Study) -> int:
    """Trainings that fit on the machines at once, counted for the smallest of the families."""
    families = [study.family(ARMS[arm].segmenter) for arm in study.arms]
    gpus, cpus = _gpus(), ray.cluster_resources().get("CPU", 1.0)
    by_cpus = cpus // min(family.cpus for family in families)
    by_gpus = gpus // min(family.gpus for family in families) if gpus else by_cpus
    return max(1, int(min(by_cpus, by_gpus)))


def _gpus() -> float:
    return float(ray.cluster_resources().get("GPU", 0.0))


def _fits(wanted: dict[str, float], node: dict[str, float]) -> bool:
    return all(node.get(kind, 0.0) >= amount for kind, amount in wanted.items())


def _say(amounts: dict[str, float]) -> str:
    return " and ".join(f"{amount:g} {kind}" for kind, amount in sorted(amounts.items()))
