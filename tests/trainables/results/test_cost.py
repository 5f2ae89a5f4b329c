"""What a training spends is counted from its own start."""

import sys

import numpy as np
import pytest

from trainables.results.cost import CostMeter


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can count the peak anew")
def test_the_peak_of_an_earlier_training_in_the_process_is_forgotten() -> None:
    first = CostMeter()
    ballast = np.ones(2**27, np.uint8)  # 1/8 GiB
    with_ballast = first.cost().peak_gib
    del ballast
    assert CostMeter().cost().peak_gib < with_ballast - 0.1
