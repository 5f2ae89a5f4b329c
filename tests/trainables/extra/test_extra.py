"""What a trial adds to its annotated samples."""

import dataclasses

from tests.trainables.gan.cells import make_samples
from trainables.data.sample import Sample
from trainables.data.trial_data import WorkingData
from trainables.extra.extra import extra_data
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.gan_spec import GanSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec
from trainables.training.contract import Extra

SPEC = TrialSpec(
    stage="confirm",
    arm="unet_gan",
    study_seed=0,
    seed=0,
    data=DataSpec(split="s", annotation_count=2, draw=0),
    segmenter=UnetSpec(),
    training=TrainingSpec(),
    extra=ExtraSpec(kind="gan", ratio=2.0, gan=GanSpec()),
)


def extra_of(spec: TrialSpec, pool: list[Sample]) -> Extra:
    samples = make_samples(channels=1)
    data = WorkingData(scale=1.0, training=samples, validation=samples)
    return extra_data(spec, data, pool=pool, randomness=Randomness((0,)))


def test_a_pool_is_used_at_the_ratio_asked_for() -> None:
    pool = make_samples(channels=1)
    extra = extra_of(SPEC, pool)
    assert (extra.pool, extra.ratio, extra.order) == (pool, 2.0, "mixed")


def test_of_an_empty_pool_nothing_is_mixed_in_whatever_the_order() -> None:
    """The trial's result then says a pool of 0 and a ratio of 0: it trained on real images only,
    even where the order asked for synthetic ones alone."""
    alone = dataclasses.replace(SPEC.extra, order="synthetic_only")
    for spec in (SPEC, dataclasses.replace(SPEC, extra=alone)):
        extra = extra_of(spec, [])
        assert (len(extra.pool), extra.ratio, extra.order) == (0, 0.0, "mixed")
