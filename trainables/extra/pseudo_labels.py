"""Labels that a model predicts for unlabelled images: the semi-supervised control for a GAN.

A teacher is trained on the annotated images, with weights averaged over the training (mean teacher:
Tarvainen and Valpola 2017, arXiv:1703.01780; for segmentation Choi et al. 2019), and labels the
others once. What it is not sure of stays unknown, so that its mistakes are not learnt (Lee 2013,
"Pseudo-Label").
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from trainables.data.sample import IGNORED, Provenance, Sample
from trainables.segmenters.families import family_of
from trainables.segmenters.made import make_segmenter
from trainables.segmenters.protocol import KnowsForeground, Segmenter
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec, WeightsSpec
from trainables.training.contract import Extra, NoCheckpoints

SURE_CELL = 0.8
"""Smallest mean foreground probability at which a cell is kept."""
SURE_PIXEL = 0.8
"""Foreground or background probability that pixels outside cells must have."""
AVERAGING = 0.1
"""Time constant of the teacher's moving average, where the trial sets none."""


def pseudo_labels(
    spec: TrialSpec,
    training: Sequence[Sample],
    unlabelled: Sequence[Sample],
    *,
    validation: Sequence[Sample],
    randomness: Randomness,
) -> list[Sample]:
    """The unlabelled images, with a teacher's labels where it is sure.

    Args:
        spec: of the trial; the teacher is the same segmenter, trained as long and in the same way.
        training: annotated samples at the working scale.
        unlabelled: images at the same scale, whose labels are not looked at.
        validation: chooses the teacher's weights.
        randomness: of the trial.

    Raises:
        ValueError: there is no image without labels, or the segmenter cannot be a teacher.
    """
    family = family_of(spec.segmenter)
    if "pseudo_labels" not in family.can:
        raise ValueError(f"{family.title} cannot be a teacher, and so makes no pseudo-labels.")
    if not unlabelled:
        raise ValueError(
            "Pseudo-labels need images without labels, but there are none: name a folder of them "
            "(--unlabelled), or annotate fewer images than the data set has."
        )
    teacher = _train(spec, training, validation=validation, randomness=randomness)
    sources = tuple(sample.id for sample in training)
    return [
        dataclasses.replace(
            sample,
            labels=_label(teacher, sample.image),
            provenance=Provenance(maker="pseudo_labels", sources=(sample.id, *sources)),
        )
        for sample in unlabelled
    ]


def confident_labels(labels: np.ndarray, foreground: np.ndarray) -> np.ndarray:
    """The labels where they are certain, -1 elsewhere.

    Args:
        labels: int32 [H, W], 0 background.
        foreground: float [H, W], probability that a pixel belongs to a cell, in [0, 1].
    """
    numbers = np.arange(labels.max() + 1)
    sure_cell = ndimage.mean(foreground.astype(np.float32), labels, numbers) >= SURE_CELL
    sure_ground = (labels == 0) & (foreground <= 1 - SURE_PIXEL)
    kept = np.where(labels > 0, sure_cell[labels], sure_ground)
    return np.where(kept, labels, IGNORED).astype(np.int32)


def _train(
    spec: TrialSpec,
    training: Sequence[Sample],
    *,
    validation: Sequence[Sample],
    randomness: Randomness,
) -> Segmenter:
    averaging = spec.training.averaging or AVERAGING
    own = dataclasses.replace(
        spec,
        training=dataclasses.replace(spec.training, averaging=averaging),
        extra=ExtraSpec(),
        weights=WeightsSpec(),
    )
    teacher = make_segmenter(own, channels=training[0].image.shape[2])
    teacher.fit(
        training,
        extra=Extra(),
        validation=validation,
        randomness=Randomness((*randomness.key, "teacher")),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    return teacher


def _label(teacher: Segmenter, image: np.ndarray) -> np.ndarray:
    assert isinstance(teacher, KnowsForeground)
    inference = teacher.infer(image)
    labels = teacher.decode(inference, teacher.thresholds)
    return confident_labels(labels, teacher.foreground(inference))
