"""What a fit does beside the adversarial step: two time scales, and a running mean of weights."""

from collections.abc import Mapping

import pytest
import torch
from torch import nn

from tests.trainables.gan.architectures.contract import small
from tests.trainables.gan.cells import make_samples
from trainables.gan.adversary import Adversary, Optimizers, adversarial_step
from trainables.gan.fitting.engine import move_average
from trainables.gan.fitting.fit import fit_gan
from trainables.spec.randomness import Randomness
from trainables.training.contract import NoCheckpoints


def test_the_discriminator_learns_at_its_own_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """SPADE's is four times as fast, and its momenta are 0 and 0.999."""
    rates: list[tuple[float, float]] = []

    def noted(
        adversary: Adversary, optimizers: Optimizers, *args: object, **options: object
    ) -> Mapping[str, float]:
        (generator,), (discriminator,) = (
            optimizer.param_groups for optimizer in (optimizers.generator, optimizers.discriminator)
        )
        assert generator["betas"] == discriminator["betas"] == (0.0, 0.999)
        rates.append((generator["lr"], discriminator["lr"]))
        return adversarial_step(adversary, optimizers, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("trainables.gan.fitting.engine.adversarial_step", noted)
    fit_gan(
        make_samples(channels=1),
        spec=small("spade", learning_rate=2e-3),
        randomness=Randomness((0,)),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    generator, discriminator = zip(*rates, strict=True)
    assert len(rates) == 4
    assert discriminator == pytest.approx([4 * rate for rate in generator])
    assert 0 < min(generator) < max(generator) <= 2e-3  # it falls towards the end


def test_the_running_mean_moves_by_its_share_and_copies_what_is_no_weight() -> None:
    """Over 4 steps: a quarter of the way from 1 to 5 is 2, then from 2 to 5 is 2.75."""
    average, network = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    for norm, value in ((average, 1.0), (network, 5.0)):
        nn.init.constant_(norm.weight, value)
        assert norm.running_mean is not None
        norm.running_mean.fill_(value)
    for expected in (2.0, 2.75):
        move_average(average, network, steps=4)
        assert average.weight.item() == pytest.approx(expected)
        assert torch.equal(average.running_mean, network.running_mean)  # type: ignore[arg-type]
    move_average(average, network, steps=0.2)  # a fit of few steps keeps the last weights
    assert average.weight.item() == pytest.approx(5)
