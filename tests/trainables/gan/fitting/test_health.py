import math

import pytest
import torch
from torch import Tensor, nn

from trainables.gan.adversary import Batch
from trainables.gan.diff_augment import DiffAugment
from trainables.gan.fitting.health import (
    GanCollapsed,
    has_gone_wrong,
    is_nearest,
    refuse_collapse,
    refuse_divergence,
    variety,
)
from trainables.gan.protocol import GanProgress
from trainables.training.clock import TrainingDiverged


def history(*, variety: tuple[float, ...] = (), distance: tuple[float, ...] = ()) -> list:
    count = max(len(variety), len(distance))
    return [
        GanProgress(
            images_seen=10 * (n + 1),
            device_seconds=0.0,
            losses={},
            variety=variety[n] if variety else 1.0,
            distance=distance[n] if distance else math.nan,
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e6])
def test_losses_beyond_all_bounds_are_refused(value: float) -> None:
    with pytest.raises(TrainingDiverged, match=r"its generator loss became .* at step 7"):
        refuse_divergence({"discriminator": 1.0, "generator": value}, step=7)


def test_two_reports_without_variety_late_in_a_fit_are_a_collapse() -> None:
    with pytest.raises(GanCollapsed, match=r"after 40 crops they differ 0\.0% as much"):
        refuse_collapse(history(variety=(1, 1, 0.0, 0.0)), images_seen=40)


@pytest.mark.parametrize(
    "varieties",
    [(0.0, 0.0, 0.5, 0.5), (1, 1, 0.5, 0.0), (0.0, 0.0, 0.0, 0.5), (math.nan,) * 4],
    ids=["early", "once", "over", "real crops do not vary"],
)
def test_what_is_no_collapse(varieties: tuple[float, ...]) -> None:
    refuse_collapse(history(variety=varieties), images_seen=40)


def test_later_weights_are_kept_unless_earlier_ones_were_clearly_nearer() -> None:
    before = history(distance=(math.nan, 1.0))
    assert is_nearest(0.5, before)
    assert is_nearest(1.1, before)
    assert not is_nearest(1.2, before)
    assert is_nearest(math.nan, before)
    assert is_nearest(9.0, history(distance=(math.nan,)))


def test_a_fit_that_moves_away_twice_has_gone_wrong() -> None:
    assert has_gone_wrong(history(distance=(1.0, 2.0, 2.0)))
    assert not has_gone_wrong(history(distance=(1.0, 2.0, 1.5)))
    assert not has_gone_wrong(history(distance=(-0.01, 0.0, 0.05)))
    assert not has_gone_wrong(history(distance=(math.nan, math.nan)))


class Same(nn.Module):
    """Paints the noise, much weakened."""

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        return 0.25 * noise


def test_variety_is_the_share_of_the_real_variation() -> None:
    noise = torch.randn(64, 1, 8, 8)
    batch = Batch(
        condition=noise,
        images=noise + 5,  # what all crops have in common does not count
        known=noise > -99,
        noise=noise,
        between=noise[:, 0, 0, 0],
        augment=DiffAugment(count=64, side_px=8, rng=torch.Generator()),
    )
    assert variety(Same(), batch, told_colours=False) == pytest.approx(0.25, rel=0.01)
