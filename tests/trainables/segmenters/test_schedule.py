import itertools
import math
from typing import get_args

import pytest

from trainables.segmenters.schedule import ENCODER_END, HEAD, WARM_UP, decay, lr_multiplier
from trainables.spec import ScheduleName

DEPTHS = (0.0, 0.2, 0.49, 0.5, 0.8, 1.0)
PROGRESSES = (0.0, 0.1, 0.19, 0.2, 0.3, 0.5, 0.9, 1.0)


def test_decay_warms_up_peaks_and_falls_to_zero():
    assert decay(0.0) == pytest.approx(0.1 / 1.1)
    assert decay(WARM_UP) == 1
    assert decay((1 + WARM_UP) / 2) == pytest.approx(0.5)
    assert decay(1.0) == pytest.approx(0)


def test_decay_never_jumps():
    values = [decay(step / 1000) for step in range(1001)]
    assert max(abs(b - a) for a, b in itertools.pairwise(values)) < 0.02


@pytest.mark.parametrize("schedule", get_args(ScheduleName))
def test_every_schedule_gives_the_head_its_full_rate_always(schedule):
    assert all(lr_multiplier(schedule, HEAD, progress) == 1 for progress in PROGRESSES)


@pytest.mark.parametrize("schedule", get_args(ScheduleName))
def test_no_schedule_freezes_a_layer_again(schedule):
    for depth in DEPTHS:
        rates = [lr_multiplier(schedule, depth, progress) for progress in PROGRESSES]
        assert rates == sorted(rates)


def test_full_trains_everything_alike():
    assert {lr_multiplier("full", depth, 0.0) for depth in DEPTHS} == {1.0}


def test_frozen_encoder_freezes_exactly_the_encoder():
    frozen = [depth for depth in DEPTHS if lr_multiplier("frozen_encoder", depth, 1.0) == 0]
    assert frozen == [depth for depth in DEPTHS if depth < ENCODER_END]


def test_discriminative_gives_the_input_a_tenth_and_grows_geometrically():
    assert lr_multiplier("discriminative", 0.0, 0.0) == pytest.approx(0.1)
    assert lr_multiplier("discriminative", 0.5, 0.0) == pytest.approx(math.sqrt(0.1))


def test_gradual_unfreezing_goes_from_the_head_to_the_input():
    assert lr_multiplier("gradual_unfreezing", 0.5, 0.24) == 0
    assert lr_multiplier("gradual_unfreezing", 0.5, 0.25) == 1
    assert lr_multiplier("gradual_unfreezing", 0.0, 0.49) == 0
    assert lr_multiplier("gradual_unfreezing", 0.0, 0.5) == 1


def test_head_then_full_trains_the_head_alone_for_a_fifth():
    assert lr_multiplier("head_then_full", 0.9, 0.19) == 0
    assert lr_multiplier("head_then_full", 0.0, 0.2) == 1


def test_an_unknown_schedule_is_named():
    with pytest.raises(ValueError, match="'sudden'"):
        lr_multiplier("sudden", 0.0, 0.0)  # type: ignore[arg-type]
