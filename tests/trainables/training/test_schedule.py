import itertools
import math
from typing import get_args

import pytest

from trainables.spec.training_spec import ScheduleName, TrainingSpec
from trainables.training.schedule import (
    ENCODER_END,
    HEAD,
    averaging_decay,
    decay,
    learning_rate,
    lr_multiplier,
)

DEPTHS = (0.0, 0.2, 0.49, 0.5, 0.8, 1.0)
PROGRESSES = (0.0, 0.1, 0.19, 0.2, 0.3, 0.5, 0.9, 1.0)


def test_decay_warms_up_peaks_and_falls_to_zero():
    assert decay(0.0) == pytest.approx(0.1 / 1.1)
    assert decay(0.05) == 1
    assert decay((1 + 0.05) / 2) == pytest.approx(0.5)
    assert decay(1.0) == pytest.approx(0)


def test_the_warm_up_is_as_long_as_asked_and_may_be_left_out():
    assert decay(0.1, warm_up=0.2) == pytest.approx((0.1 + 0.02) / 0.22)
    assert decay(0.2, warm_up=0.2) == 1
    assert decay(0.0, warm_up=0.0) == 1


def test_a_constant_rate_stays_after_the_warm_up():
    assert decay(0.0, shape="constant") == decay(0.0)
    assert [decay(progress, shape="constant") for progress in (0.05, 0.5, 1.0)] == [1, 1, 1]


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


def test_discriminative_may_reach_further_down():
    assert lr_multiplier("discriminative", 0.0, 0.0, layerwise_decay=0.01) == pytest.approx(0.01)
    assert lr_multiplier("discriminative", 0.5, 0.0, layerwise_decay=0.01) == pytest.approx(0.1)


def test_the_phases_are_as_long_as_asked():
    assert lr_multiplier("gradual_unfreezing", 0.5, 0.39, unfreezing=0.8) == 0
    assert lr_multiplier("gradual_unfreezing", 0.5, 0.4, unfreezing=0.8) == 1
    assert lr_multiplier("head_then_full", 0.0, 0.49, head_only=0.5) == 0
    assert lr_multiplier("head_then_full", 0.0, 0.5, head_only=0.5) == 1


def test_every_setting_of_a_training_reaches_the_learning_rate():
    def rate(schedule, depth, progress, **settings):
        training = TrainingSpec(schedule=schedule, learning_rate=0.5, **settings)
        return learning_rate(training, depth=depth, progress=progress)

    assert rate("full", 1.0, 0.05) == 0.5
    assert rate("full", 1.0, 0.9, decay="constant") == 0.5
    assert rate("full", 1.0, 0.1, warm_up=0.2) == pytest.approx(0.5 * 0.12 / 0.22)
    quick = {"decay": "constant", "warm_up": 0.0}
    assert rate("discriminative", 0.0, 0.5, layerwise_decay=0.04, **quick) == pytest.approx(0.02)
    assert rate("gradual_unfreezing", 0.0, 0.3, unfreezing=0.2, **quick) == 0.5
    assert rate("gradual_unfreezing", 0.0, 0.3, unfreezing=0.4, **quick) == 0
    assert rate("head_then_full", 0.0, 0.3, head_only=0.4, **quick) == 0


def test_the_average_follows_closely_at_first_and_then_for_its_time_constant():
    training = TrainingSpec(images_seen=8000, batch_size=8, averaging=0.1)  # 100 of 1000 steps
    assert averaging_decay(training, 1) == pytest.approx(0.1)
    assert averaging_decay(training, 91) == pytest.approx(0.91)
    assert averaging_decay(training, 1000) == pytest.approx(math.exp(-1 / 100))


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
