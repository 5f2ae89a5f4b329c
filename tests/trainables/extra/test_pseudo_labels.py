import dataclasses

import numpy as np
import pytest

from tests.trainables.gan.cells import make_samples
from trainables.data.sample import IGNORED
from trainables.extra.pseudo_labels import confident_labels, pseudo_labels
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec

SPEC = TrialSpec(
    stage="search",
    arm="unet_pseudo_labels",
    study_seed=0,
    seed=0,
    data=DataSpec(split="s", annotation_count=3, draw=0),
    segmenter=UnetSpec(depth=3, width=4),
    training=TrainingSpec(images_seen=8, evaluations=1, batch_size=4, crop_px=64),
    extra=ExtraSpec(kind="pseudo_labels", ratio=1.0),
)


def test_what_the_teacher_is_not_sure_of_stays_unknown() -> None:
    """Cell 1 is sure on average, cell 2 is not; of the ground, only what is surely background."""
    labels = np.array([[1, 1, 0, 0], [2, 2, 0, 0]], np.int32)
    foreground = np.array([[0.95, 0.7, 0.1, 0.4], [0.9, 0.5, 0.15, 0.0]])
    expected = [[1, 1, 0, -1], [-1, -1, 0, 0]]
    np.testing.assert_array_equal(confident_labels(labels, foreground), expected)


def test_no_cell_is_found() -> None:
    nothing = np.zeros((2, 2), np.int32)
    np.testing.assert_array_equal(confident_labels(nothing, np.zeros((2, 2))), nothing)


def test_labels_of_the_images_are_not_looked_at() -> None:
    training, other = make_samples(channels=1, count=2), make_samples(channels=1, count=4)[3]
    hidden = dataclasses.replace(other, labels=np.full_like(other.labels, IGNORED))
    with_labels, without = (
        pseudo_labels(SPEC, training, [sample], validation=training, randomness=Randomness((0,)))
        for sample in (other, hidden)
    )
    np.testing.assert_array_equal(with_labels[0].labels, without[0].labels)
    assert with_labels[0].provenance is not None
    assert with_labels[0].provenance.sources == ("3", "0", "1")


def test_without_images_the_remedy_is_named() -> None:
    training = make_samples(channels=1)
    with pytest.raises(ValueError, match="--unlabelled"):
        pseudo_labels(SPEC, training, [], validation=training, randomness=Randomness((0,)))
