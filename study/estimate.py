"""What a study will run and about what it will cost, counted before anything runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from study.ablate import ablation_tasks
from study.design import ARMS, Study
from study.events import row
from study.plan import Splits, confirm_tasks, default_spec, search_gans, source_fits
from trainables.machine.processor import multiplies_bfloat16, processor_flags
from trainables.results.result import TrialResult
from trainables.segmenters.families import family_of
from trainables.spec.stages import STAGES, Stage
from trainables.spec.trial_spec import GanFitSpec, Spec

SECONDS_PER_GAN_CROP = 0.058
"""Device-seconds for each crop of 128 x 128 pixels shown to a GAN. Like the families' figures
(`Family.seconds_per_crop`, evaluations included), the mean of a quick study on one core of a cloud
machine (AVX-512, bfloat16); a GPU is far faster."""
SLOWNESS_WITHOUT_BFLOAT16 = 2.5
"""How many times as long that takes on a core with AVX2 alone: 2.2 to 2.8 by segmenter."""
MEASURED_CROP_PX = 128
SECONDS_PER_TEST_IMAGE = 0.2
"""On the same core, for images of 256 x 256 pixels, all scores included."""
START_SECONDS = 5.0
"""Time to read the images and score validation, and now and then to start a process."""
POOL_SECONDS = 13.0
"""Time to sample a pool from a GAN and filter it with a segmenter trained for that."""
RAY_SECONDS = 30.0
"""Time, once per study, to open the data, start Ray and write the report."""


ANY_SPLITS = Splits(main="main", source="source")
"""Placeholders for splits not made yet; the cost of a training does not depend on them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRow:
    """One kind of training in a study."""

    stage: Stage
    name: str
    trainings: int
    device_seconds: float
    """Total of all of them, on one CPU core."""


def planned_rows(
    study: Study, *, folds: int = 1, test_images: int = 0, slowness: float = 1.0
) -> list[PlannedRow]:
    """All trainings of a study, by stage and arm.

    Where later stages depend on the search, it is assumed to choose the field's defaults. Early
    stopping is not assumed.

    Args:
        folds: grouped folds, for each of which all but the source fits is run; 1: a single split.
        test_images: of the split, or of one fold; 0: as many as the study allows.
        slowness: of a core; see `slowness_here`.
    """
    tested = test_images or study.max_test_images
    rows: dict[tuple[Stage, str], PlannedRow] = {}
    for stage, specs in planned_specs(study).items():
        times = 1 if STAGES[stage].on_source else folds
        for spec in specs:
            key = stage, row(spec)
            so_far = rows.get(key)
            rows[key] = PlannedRow(
                stage=stage,
                name=row(spec).removesuffix("_source"),
                trainings=times + (so_far.trainings if so_far else 0),
                device_seconds=slowness * times * device_seconds(spec, test_images=tested)
                + (so_far.device_seconds if so_far else 0.0),
            )
    return list(rows.values())


def planned_specs(study: Study) -> dict[Stage, list[Spec]]:
    """The trainings of each stage in one split, as they would be if the defaults won."""
    best = {}
    for name in study.arms:
        spec = default_spec(study, ARMS[name], ANY_SPLITS)
        best[name] = TrialResult(trial_id=spec.id, spec=spec, status="completed")
    searched = [
        default_spec(study, ARMS[name], ANY_SPLITS)
        for name in study.arms
        for _ in range(study.search_trials)
    ]
    confirmed = [task.spec for task in confirm_tasks(study, best)]
    known = {spec.id for spec in confirmed}
    ablated = [task.spec for task in ablation_tasks(study, best)]
    return {
        "fit_sources": [task.spec for task in source_fits(study, ANY_SPLITS)],
        "search": [*(task.spec for task in search_gans(study, ANY_SPLITS)), *searched],
        "confirm": confirmed,
        "ablate": [spec for spec in ablated if spec.id not in known],
    }


def device_seconds(spec: Spec, *, test_images: int) -> float:
    """Approximate time of one training on one core of the machine that was measured."""
    if isinstance(spec, GanFitSpec):
        crops = spec.gan.images_seen * (spec.gan.crop_px / MEASURED_CROP_PX) ** 2
        return START_SECONDS + POOL_SECONDS + crops * SECONDS_PER_GAN_CROP
    crops = spec.training.images_seen * (spec.training.crop_px / MEASURED_CROP_PX) ** 2
    seconds_per_crop = family_of(spec.segmenter).seconds_per_crop(spec.segmenter)
    is_tested = STAGES[spec.stage].sees_test
    test_seconds = test_images * SECONDS_PER_TEST_IMAGE * is_tested
    return START_SECONDS + crops * seconds_per_crop + test_seconds


def slowness_here() -> float:
    """How many times as long a training takes on a core here as on the measured machine."""
    return 1.0 if multiplies_bfloat16(processor_flags()) else SLOWNESS_WITHOUT_BFLOAT16


def wall_seconds(rows: Iterable[PlannedRow], *, slots: int) -> float:
    """Approximate time of the trainings when `slots` of them run at once."""
    return RAY_SECONDS + sum(one.device_seconds for one in rows) / slots
