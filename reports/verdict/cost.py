"""What each arm spent: its search, its GANs, and one training that ends in a model."""

import math
from dataclasses import dataclass
from typing import Any

from reports.load import Arm, Study, trials
from trainables.results.result import TrialResult
from trainables.spec.flat import hash_flat, part_of
from trainables.spec.gan_spec import without_unused


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmCost:
    """Device-seconds of one arm; NaN where nothing was run."""

    search_completed: int
    search_pruned: int
    search_failed: int
    search_device_seconds: float
    """Of all search trials, those pruned or failed included."""
    gan_fits: int
    """Fits that the arm's search could choose among, failed ones included, each counted once."""
    gan_device_seconds: float
    """Of these fits; charged to the arm's budget."""
    training_device_seconds: float
    """Mean over the confirm trials."""
    model_gan_device_seconds: float
    """Mean cost of the GAN that a confirm trial needed; 0 for arms without one."""
    peak_gib: float
    """Largest of the confirm trials."""

    @property
    def charged_device_seconds(self) -> float:
        """What the arm took of its search budget."""
        return self.search_device_seconds + self.gan_device_seconds

    @property
    def model_device_seconds(self) -> float:
        """From annotated images to a model, settings known: one training and its GAN."""
        return self.training_device_seconds + self.model_gan_device_seconds


def arm_cost(study: Study, arm: Arm, *, count: int) -> ArmCost:
    """Adds up what an arm spent; its trainings are those at one annotation count."""
    searched = trials(study, stage="search", arm=arm.name)
    confirmed = trials(study, stage="confirm", arm=arm.name, count=count, status="completed")
    fits = gan_fits_of(study, searched)
    seconds_of = {one.trial_id: device_seconds(one) for one in trials(study, stage="fit_gans")}
    statuses = [result.status for result in searched]
    return ArmCost(
        search_completed=statuses.count("completed"),
        search_pruned=statuses.count("pruned"),
        search_failed=statuses.count("failed"),
        search_device_seconds=sum(map(device_seconds, searched)),
        gan_fits=len(fits),
        gan_device_seconds=sum(map(device_seconds, fits)),
        training_device_seconds=_mean([device_seconds(result) for result in confirmed]),
        model_gan_device_seconds=_mean(
            [seconds_of.get(gan_fit_id(result), 0.0) for result in confirmed]
        ),
        peak_gib=max((r.cost.peak_gib for r in confirmed if r.cost), default=math.nan),
    )


def gan_fits_of(study: Study, results: list[TrialResult]) -> list[TrialResult]:
    """The GAN fits among which trials could choose, each once, in the order they were made.

    They are those on the same images with the same seed, whether they failed or were not chosen:
    all of them are charged.
    """
    places = {_place(one) for one in results if one.spec.get("extra.kind") == "gan"}
    return [fit for fit in trials(study, stage="fit_gans") if _place(fit) in places]


def gan_fit_id(result: TrialResult) -> str:
    """Id of the GAN fit a trial used; empty where it used none.

    Made of the fields as they are stored: a spec read by later software has fields that the
    stored id does not know.
    """
    spec = result.spec
    if spec.get("extra.kind") != "gan":
        return ""
    gan = without_unused(part_of(spec, "extra.gan"))
    named = {f"gan.{name}": value for name, value in gan.items()}
    return hash_flat(dict(_place(result)) | named | {"stage": "fit_gans"})


def _place(result: TrialResult) -> frozenset[tuple[str, Any]]:
    """Images and seed: the flat fields that a training and the fit of its GAN have in common."""
    return frozenset(
        (name, value)
        for name, value in result.spec.items()
        if name.startswith("data.") or name in ("study_seed", "seed")
    )


def device_seconds(result: TrialResult) -> float:
    """What a trial spent; 0 where it died before anything was measured."""
    return result.cost.device_seconds if result.cost else 0.0


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan
