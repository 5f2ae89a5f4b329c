"""What each arm spent: its search, its GANs, and one training that ends in a model."""

import math
from dataclasses import dataclass

from reports.facts import Arm
from reports.load import Study, trials
from trainables.results.result import TrialResult
from trainables.spec.trial_spec import DataSpec, GanFitSpec, gan_fit


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmCost:
    """Device-seconds of one arm; NaN where nothing was run."""

    search_completed: int
    search_pruned: int
    search_failed: int
    search_device_seconds: float
    """Spent on all search trials, pruned and failed ones included."""
    gan_fits: int
    """Fits that the arm's search could choose among, failed ones included, each counted once."""
    gan_device_seconds: float
    """Spent on these fits; charged to the arm's budget."""
    training_device_seconds: float
    """Mean over the confirm trials."""
    model_gan_device_seconds: float
    """Mean cost of the GAN that a confirm trial needed; 0 for arms without one."""
    peak_gib: float
    """Largest peak of the confirm trials."""

    @property
    def charged_device_seconds(self) -> float:
        """What the arm used of its search budget."""
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
    seconds_of = {one.gan_fit: device_seconds(one) for one in trials(study, stage="fit_gans")}
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
            [seconds_of.get(fit, 0.0) if (fit := gan_fit_of(one)) else 0.0 for one in confirmed]
        ),
        peak_gib=max((r.cost.peak_gib for r in confirmed if r.cost), default=math.nan),
    )


def gan_fits_of(study: Study, results: list[TrialResult]) -> list[TrialResult]:
    """The GAN fits among which trials could choose, each once, in the order they were made.

    They are those on the same images with the same seed, whether they failed or were not chosen:
    all of them are charged.
    """
    places = {_place(one) for one in results if gan_fit_of(one)}
    return [fit for fit in trials(study, stage="fit_gans") if _place(fit) in places]


def gan_fit_of(result: TrialResult) -> GanFitSpec | None:
    """The GAN fit that a trial used, None where it used none.

    A stored fit is identified by its spec, not by its id: the software that gave it the id may not
    have known all the fields of today's specs.
    """
    return gan_fit(result.trial) if result.trial.extra.kind == "gan" else None


def _place(result: TrialResult) -> tuple[DataSpec, int, int]:
    """Images and seeds: what a training and the fit of its GAN have in common."""
    return result.spec.data, result.spec.study_seed, result.spec.seed


def device_seconds(result: TrialResult) -> float:
    """What a trial spent; 0 where it died before anything was measured."""
    return result.cost.device_seconds if result.cost else 0.0


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan
