"""Random numbers are named, and libraries that re-seed are fenced in."""

import random

import numpy as np
import pytest

from trainables.spec.randomness import Randomness, fence


def test_a_stream_is_fixed_by_key_and_purpose() -> None:
    draws = [
        Randomness(key).generator(*purpose).integers(2**60)
        for key in ((0, 1), (0, 2))
        for purpose in (("batch", 1), ("batch", 2), ("pool",))
    ]

    assert len(set(draws)) == 6
    assert Randomness((0, 1)).generator("batch", 1).integers(2**60) == draws[0]


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
