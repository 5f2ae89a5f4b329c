import dataclasses
import math

import numpy as np
import pytest
import torch

from trainables.results.result import Progress
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.training.clock import TrainingDiverged
from trainables.training.contract import NoCheckpoints
from trainables.training.optimizer import LayerwiseOptimizer
from trainables.training.torch_engine import train

CPU = torch.device("cpu")
TRAINING = TrainingSpec(
    images_seen=40, batch_size=4, evaluations=5, crop_px=32, learning_rate=1e-2, weight_decay=0.1
)
RANDOMNESS = Randomness((1, 2, 3))


def tiny_network() -> torch.nn.Module:
    """An encoder and a head, with normalisation and dropout, which draws from torch's own state."""
    torch.manual_seed(0)
    encoder = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.Dropout(0.2)
    )
    return torch.nn.Sequential(encoder, torch.nn.Conv2d(4, 1, 1))


def tiny_depths(network: torch.nn.Module) -> dict[str, float]:
    return {name: 0.0 if name.startswith("0.") else 1.0 for name, _ in network.named_parameters()}


def draw_batch(rng: np.random.Generator, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Random images, and a target that a convolution can learn."""
    images = torch.from_numpy(rng.normal(size=(4, 1, 8, 8)).astype(np.float32))
    return images, 2 * images + 1


def run(network, *, training=TRAINING, evaluate=lambda: 0.5, loss=None, **changes):
    """Trains, and returns what was reported."""
    reports: list[Progress] = []
    settings = {
        "draw_batch": draw_batch,
        "loss": loss or torch.nn.functional.mse_loss,
        "depths": tiny_depths(network),
        "randomness": RANDOMNESS,
        "report": reports.append,
        "checkpoints": NoCheckpoints(),
        "device": CPU,
    }
    train(network, training=training, evaluate=evaluate, **settings | changes)
    return reports


def weights(network: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.numpy().copy() for name, value in network.state_dict().items()}


def test_the_loss_falls_and_progress_is_reported():
    reports = run(tiny_network())
    assert [entry.images_seen for entry in reports] == [8, 16, 24, 32, 40]
    assert reports[-1].loss < reports[0].loss


def test_training_ends_with_the_best_weights_and_of_near_ones_with_the_later():
    network = tiny_network()
    scores = iter([0.1, 0.71, 0.3, 0.7, 0.6])
    seen = []

    def evaluate() -> float:
        assert not network.training
        seen.append(weights(network))
        return next(scores)

    run(network, evaluate=evaluate)
    np.testing.assert_equal(weights(network), seen[3])
    assert not network.training
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_a_frozen_encoder_does_not_change_by_a_bit():
    network = tiny_network()
    before = weights(network)
    run(network, training=dataclasses.replace(TRAINING, schedule="frozen_encoder"))
    after = weights(network)
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"1.weight", "1.bias"}


def test_frozen_layers_are_thawed_when_their_time_comes():
    network = tiny_network()
    before = weights(network)
    seen = []
    training = dataclasses.replace(TRAINING, schedule="gradual_unfreezing")
    run(network, training=training, evaluate=lambda: seen.append(weights(network)) or 0.5)
    name = "0.0.weight"
    assert np.array_equal(seen[1][name], before[name])
    assert not np.array_equal(seen[3][name], before[name])


def test_a_learning_rate_of_zero_changes_no_weight():
    network = tiny_network()
    before = weights(network)
    run(network, training=dataclasses.replace(TRAINING, learning_rate=0.0))
    after = weights(network)
    assert all(np.array_equal(before[name], after[name]) for name in tiny_depths(network))


def test_l2_sp_holds_the_weights_near_where_they_began():
    def moved(strength: float) -> float:
        network = tiny_network()
        before = weights(network)
        run(network, training=dataclasses.replace(TRAINING, l2_sp=strength))
        return float(np.abs(weights(network)["1.weight"] - before["1.weight"]).sum())

    free, held = moved(0.0), moved(50.0)  # each step takes back half of the way
    assert 0 < held < 0.5 * free


def test_without_a_gradient_l2_sp_changes_nothing_and_weight_decay_shrinks():
    def after(**settings: float) -> np.ndarray:
        network = tiny_network()
        training = dataclasses.replace(TRAINING, **settings)
        run(network, training=training, loss=lambda p, t: 0 * p.sum())
        return np.abs(weights(network)["1.weight"]).sum()

    before = np.abs(weights(tiny_network())["1.weight"]).sum()
    assert after(l2_sp=10.0, weight_decay=0.0) == before
    assert after(l2_sp=0.0, weight_decay=1.0) < before


def test_gradients_are_clipped_to_the_length_asked_for():
    def norm_after(limit: float) -> float:
        network = tiny_network()
        optimizer = LayerwiseOptimizer(
            network,
            depths=tiny_depths(network),
            training=dataclasses.replace(TRAINING, gradient_norm=limit),
        )
        optimizer.update(100 * network(torch.ones(1, 1, 8, 8)).square().sum())
        return float(torch.cat([p.grad.flatten() for p in network.parameters()]).norm())

    lengths = [norm_after(limit) for limit in (0.5, 2.0, 0.0)]
    assert lengths[:2] == pytest.approx([0.5, 2.0], rel=1e-3)
    assert lengths[2] > 10


def test_the_average_of_the_weights_is_what_is_scored_and_kept():
    training = dataclasses.replace(
        TRAINING, images_seen=12, evaluations=1, averaging=0.5, decay="constant"
    )
    raw, scored = [], []
    network = tiny_network()
    start = weights(network)["1.weight"]

    def loss(predictions, targets):
        raw.append(weights(network)["1.weight"])
        return (predictions - targets).square().mean()

    def evaluate() -> float:
        scored.append(weights(network)["1.weight"])
        return 0.5

    run(network, training=training, loss=loss, evaluate=evaluate)
    plain = tiny_network()
    run(plain, training=dataclasses.replace(training, averaging=0.0))
    # 3 steps, of which the average keeps 1/10, 2/11 and 3/12 of itself.
    after = [*raw[1:], weights(plain)["1.weight"]]
    expected = start
    for keep, value in zip((1 / 10, 2 / 11, 3 / 12), after, strict=True):
        expected = keep * expected + (1 - keep) * value
    np.testing.assert_allclose(scored[0], expected, rtol=1e-5)
    np.testing.assert_array_equal(weights(network)["1.weight"], scored[0])
    assert not np.allclose(scored[0], after[-1], rtol=1e-4)


def test_training_goes_on_from_the_weights_themselves_not_from_their_average():
    def last_raw(averaging: float) -> np.ndarray:
        network, seen = tiny_network(), []
        training = dataclasses.replace(TRAINING, averaging=averaging)

        def loss(predictions, targets):
            seen.append(weights(network)["1.weight"])
            return (predictions - targets).square().mean()

        run(network, training=training, loss=loss)
        return seen[-1]

    np.testing.assert_array_equal(last_raw(0.3), last_raw(0.0))


def test_parameters_that_its_owner_froze_stay_and_need_no_depth():
    network = tiny_network()
    network[0].requires_grad_(False)
    before = weights(network)
    depths = {name: 1.0 for name, _ in network.named_parameters() if name.startswith("1.")}
    run(network, depths=depths)
    changed = {name for name, value in weights(network).items() if (value != before[name]).any()}
    assert changed == {"1.weight", "1.bias"}


REGULARISED = {"l2_sp": 5.0, "averaging": 0.3}


@pytest.mark.parametrize("settings", [{}, {"schedule": "gradual_unfreezing"}, REGULARISED], ids=str)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 10])
def test_going_on_from_any_step_gives_the_same_weights_and_history(settings, step, tmp_path):
    training = dataclasses.replace(TRAINING, **settings)
    whole = tiny_network()
    expected = run(whole, training=training, evaluate=scores_by_weights(whole))
    first = tiny_network()
    with pytest.raises(KeyboardInterrupt):
        run(
            first,
            training=training,
            evaluate=scores_by_weights(first),
            checkpoints=_KillAfter(tmp_path, step=step),
        )
    torch.manual_seed(123)
    resumed = tiny_network()
    with torch.no_grad():
        resumed[1].weight.zero_()
    reports = run(
        resumed,
        training=training,
        evaluate=scores_by_weights(resumed),
        checkpoints=_Saved(tmp_path),
    )
    assert _timeless(reports) == _timeless(expected)
    np.testing.assert_equal(weights(resumed), weights(whole))


def test_global_state_is_neither_used_nor_changed():
    first, second = tiny_network(), tiny_network()
    torch.manual_seed(5)
    run(first)
    torch.manual_seed(6)
    before = torch.get_rng_state()
    run(second)
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_equal(weights(first), weights(second))


def test_another_seed_gives_other_weights():
    first, second = tiny_network(), tiny_network()
    run(first)
    run(second, randomness=Randomness((1, 2, 4)))
    assert not np.array_equal(weights(first)["1.weight"], weights(second)["1.weight"])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_training_before_it_spoils_the_weights(bad):
    values = iter([1.0, 1.0, bad])
    network = tiny_network()
    seen = {}

    def loss(predictions, targets):
        seen.update(weights(network))
        return (predictions - targets).square().mean() * next(values)

    with pytest.raises(TrainingDiverged, match=rf"{bad} at step 3: lower the learning rate"):
        run(network, loss=loss)
    assert np.array_equal(weights(network)["1.weight"], seen["1.weight"])


def test_a_parameter_without_a_depth_is_named():
    network = tiny_network()
    depths = tiny_depths(network)
    del depths["1.bias"]
    with pytest.raises(ValueError, match=r"'1\.bias' has none"):
        run(network, depths=depths)


def scores_by_weights(network):
    """A score that depends on the weights, so that the best evaluation is somewhere within."""
    return lambda: float(network[1].weight.sum().sin().abs())


def _timeless(reports: list[Progress]) -> list[Progress]:
    return [dataclasses.replace(entry, device_seconds=0.0) for entry in reports]


class _KillAfter:
    """Saves after one step, and then kills the training."""

    def __init__(self, folder, *, step):
        self.folder, self.step, self.steps_done = folder, step, 0

    def due(self):
        self.steps_done += 1
        return self.steps_done == self.step

    def save(self, write):
        write(self.folder)
        raise KeyboardInterrupt

    def load(self):
        return None


class _Saved(NoCheckpoints):
    def __init__(self, folder):
        self.folder = folder

    def load(self):
        return self.folder
