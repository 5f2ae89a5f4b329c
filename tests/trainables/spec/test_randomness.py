"""Random numbers are named, and libraries that re-seed are fenced in."""

import random
from dataclasses import replace

import numpy as np
import pytest

from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.gan_spec import GanSpec
from trainables.spec.randomness import Randomness, fence
from trainables.spec.trial_spec import DataSpec, GanFitSpec, Spec, TrialSpec

DATA = DataSpec(split="s", annotation_count=3, draw=2)
TRIAL = TrialSpec(stage="search", arm="unet", study_seed=1, seed=3, data=DATA, segmenter=UnetSpec())
GAN_FIT = GanFitSpec(study_seed=1, seed=3, data=DATA, gan=GanSpec())


def test_a_stream_is_fixed_by_key_and_purpose() -> None:
    draws = [
        Randomness(key).generator(*purpose).integers(2**60)
        for key in ((0, 1), (0, 2))
        for purpose in (("batch", 1), ("batch", 2), ("pool",))
    ]

    assert len(set(draws)) == 6
    assert Randomness((0, 1)).generator("batch", 1).integers(2**60) == draws[0]


@pytest.mark.parametrize("spec", [TRIAL, GAN_FIT], ids=["trial", "gan_fit"])
def test_a_spec_fixes_its_streams_by_study_draw_and_seed(spec: Spec) -> None:
    others = [
        replace(spec, study_seed=9),
        replace(spec, data=replace(DATA, draw=9)),
        replace(spec, seed=9),
    ]
    assert Randomness.of(spec) == Randomness((1, 2, 3))
    assert len({Randomness.of(one) for one in (spec, *others)}) == 4


def test_the_fence_seeds_inside_and_restores_outside() -> None:
    random.seed(5)
    np.random.seed(5)
    expected = (random.random(), np.random.random())
    random.seed(5)
    np.random.seed(5)

    with fence(7):
        first = (random.random(), np.random.random())
    with fence(7):
        assert (random.random(), np.random.random()) == first

    assert (random.random(), np.random.random()) == expected


def test_the_fence_restores_after_an_error() -> None:
    state = random.getstate()
    with pytest.raises(RuntimeError), fence(7):
        raise RuntimeError
    assert random.getstate() == state
