"""What a study will run and about what it will cost, counted before anything runs."""

from dataclasses import dataclass

from study.design import ARMS, Study
from study.plan import needs_source

SECONDS_PER_CROP = {"unet": 0.025, "cellpose": 0.025, "stardist": 0.035, "gan": 0.045}
"""Measured on one CPU core of a cloud machine with crops of 128 pixels; a GPU is far faster."""
MEASURED_CROP_PX = 128
SECONDS_PER_TEST_IMAGE = 0.4
"""The same core, images of about 300 x 300 pixels."""
START_SECONDS = 6.0
"""To start a process and import its framework."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRow:
    """One kind of training in a study."""

    stage: str
    name: str
    trainings: int
    device_seconds: float
    """Of all of them together, on one CPU core."""


def planned_rows(study: Study) -> list[PlannedRow]:
    """All trainings of a study, by stage and arm."""
    arms = [ARMS[name] for name in study.arms]
    sources = dict.fromkeys(arm.segmenter for arm in arms if needs_source(study, arm))
    paints = any(arm.extra_data == "gan" for arm in arms)
    confirmations = len(study.annotation_counts) * len(study.draws) * len(study.seeds)
    rows = [
        PlannedRow(
            stage="source",
            name=segmenter,
            trainings=1,
            device_seconds=_training_seconds(study, segmenter, study.source_images_seen),
        )
        for segmenter in sources
    ]
    if paints:
        rows.append(_gan_row(study, "search", fits=len(study.gans)))
    rows += [
        _arm_row(study, "search", arm.name, study.search_trials, test_images=0) for arm in arms
    ]
    if paints:
        rows.append(_gan_row(study, "confirm", fits=confirmations))
    rows += [
        _arm_row(study, "confirm", arm.name, confirmations, test_images=study.max_test_images)
        for arm in arms
    ]
    return rows


def _arm_row(
    study: Study, stage: str, name: str, trainings: int, *, test_images: int
) -> PlannedRow:
    segmenter = ARMS[name].segmenter
    images_seen = ARMS[name].training(study.family(segmenter)).images_seen
    each = _training_seconds(study, segmenter, images_seen) + test_images * SECONDS_PER_TEST_IMAGE
    return PlannedRow(stage=stage, name=name, trainings=trainings, device_seconds=trainings * each)


def _gan_row(study: Study, stage: str, *, fits: int) -> PlannedRow:
    gan = study.gans[0]
    crops = gan.images_seen * (gan.crop_px / MEASURED_CROP_PX) ** 2
    each = START_SECONDS + crops * SECONDS_PER_CROP["gan"]
    return PlannedRow(stage=stage, name="gan", trainings=fits, device_seconds=fits * each)


def _training_seconds(study: Study, segmenter: str, images_seen: int) -> float:
    side = study.family(segmenter).training.crop_px / MEASURED_CROP_PX
    return START_SECONDS + images_seen * side**2 * SECONDS_PER_CROP[segmenter]
