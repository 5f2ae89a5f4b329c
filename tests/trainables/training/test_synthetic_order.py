from typing import get_args

import numpy as np
import pytest

from trainables.data.sample import Sample
from trainables.spec.extra_spec import SyntheticOrder
from trainables.training.batches import synthetic_count
from trainables.training.contract import Extra
from trainables.training.synthetic_order import synthetic_share

PROGRESS = (np.arange(1000) + 0.5) / 1000


def shares(order: SyntheticOrder, *, ratio: float) -> np.ndarray:
    return np.array([synthetic_share(order, ratio=ratio, progress=p) for p in PROGRESS])


@pytest.mark.parametrize("ratio", [0.0, 0.25, 1.0, 8.0])
@pytest.mark.parametrize("order", ["mixed", "pretrain_then_real", "annealed"])
def test_the_order_leaves_the_whole_share_alone(order: SyntheticOrder, ratio: float) -> None:
    found = shares(order, ratio=ratio)
    assert found.mean() == pytest.approx(ratio / (1 + ratio), abs=0.002)
    assert found.min() >= 0
    assert found.max() <= 1


def test_mixed_is_constant_annealed_falls_and_pretraining_ends() -> None:
    assert np.ptp(shares("mixed", ratio=1.0)) == 0
    annealed = shares("annealed", ratio=1.0)
    np.testing.assert_allclose(annealed, 1 - PROGRESS)
    pretrain = shares("pretrain_then_real", ratio=3.0)
    assert (pretrain[:750] == 1).all()
    assert (pretrain[750:] == 0).all()


def test_synthetic_only_shows_nothing_real() -> None:
    assert (shares("synthetic_only", ratio=0.25) == 1).all()


@pytest.mark.parametrize("order", get_args(SyntheticOrder))
def test_a_batch_follows_the_order(order: SyntheticOrder) -> None:
    sample = Sample(
        id="s", image=np.zeros((4, 4, 1), np.float32), labels=np.zeros((4, 4), np.int32), group="s"
    )
    extra = Extra(pool=[sample], ratio=1.0, order=order)
    counts = [
        synthetic_count(extra, count=8, rng=np.random.default_rng(n), progress=progress)
        for n, progress in enumerate(PROGRESS)
    ]
    assert np.mean(counts) / 8 == pytest.approx(shares(order, ratio=1.0).mean(), abs=0.01)
    assert max(counts) <= 8
