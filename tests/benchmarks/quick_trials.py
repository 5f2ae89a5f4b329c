"""Trials as the quick study would train them by its defaults, outside of any study."""

import dataclasses
from pathlib import Path

from search_spaces import arm
from study.inputs.simulated import simulated_source
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import (
    DataSpec,
    SegmenterSettings,
    TrialSpec,
    WeightsKind,
    WeightsSpec,
)

SEGMENTERS: dict[str, SegmenterSettings] = {
    "cellpose": CellposeSpec(),
    "stardist": StardistSpec(),
    "unet": UnetSpec(),
}
CROPS, SOURCE_CROPS, SOURCE_IMAGES = 640, 1600, 60


def quick_trial(segmenter: str, data: DataSpec, *, weights: str = "") -> TrialSpec:
    """A training on the data set, from scratch or from weights of the source.

    Args:
        segmenter: a name in `SEGMENTERS`.
        data: the images.
        weights: what the weights of the source are called; empty: from scratch.
    """
    kind: WeightsKind = "pretrained" if weights else "scratch"
    defaults = arm.defaults(SEGMENTERS[segmenter], extra="none", weights=kind, gans=())
    return TrialSpec(
        stage="confirm",
        arm=segmenter,
        study_seed=0,
        seed=0,
        data=data,
        segmenter=SEGMENTERS[segmenter],
        training=TrainingSpec(
            images_seen=CROPS,
            evaluations=4,
            batch_size=4,
            learning_rate=defaults["training.learning_rate"],
        ),
        weights=WeightsSpec(kind=kind, origin="source", name=weights) if weights else WeightsSpec(),
    )


def source_trial(segmenter: str, data: DataSpec) -> TrialSpec:
    """The training on the source that gives those weights."""
    trial = quick_trial(segmenter, data)
    training = dataclasses.replace(trial.training, images_seen=SOURCE_CROPS)
    return dataclasses.replace(trial, stage="fit_sources", training=training)


def simulated(folder: Path) -> Path:
    """The embedded source, written once into a folder."""
    return simulated_source(folder, count=SOURCE_IMAGES, channels=1, seed=0)
