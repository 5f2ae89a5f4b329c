import numpy as np
import pytest
import torch
from scipy.ndimage import label as connected

from trainables.data.sample import Sample
from trainables.data.shelf import Shelf
from trainables.segmenters.cellpose.batches import (
    FlowSample,
    FlowSamples,
    draw_flow_batch,
    flow_loss,
)
from trainables.segmenters.cellpose.decoding import CellposeInference, decode_flows
from trainables.spec.training_spec import TrainingSpec
from trainables.training.contract import Extra

CPU = torch.device("cpu")
DEFAULTS = {"cellprob": 0.0, "flow": 0.4, "smallest_px": 15.0, "niter": 200.0}


def spots(side_px: int = 160, *, brightness: float = 1.0, spacing_px: int = 40) -> FlowSample:
    """Bright discs of radius 9 on a grid, apart from each other; the image is the foreground."""
    rows, columns = np.indices((side_px, side_px))
    labels = np.zeros((side_px, side_px), np.int32)
    centres = range(spacing_px // 2, side_px, spacing_px)
    for number, (row, column) in enumerate([(r, c) for r in centres for c in centres]):
        labels[(rows - row) ** 2 + (columns - column) ** 2 <= 81] = number + 1
    image = (brightness * (labels > 0)[..., None]).astype(np.float32)
    sample = Sample(id=f"spots {brightness}", image=image, labels=labels, group="spots")
    return with_flows(sample)


def with_flows(sample: Sample) -> FlowSample:
    found: FlowSample = FlowSamples([sample], device=CPU, shelf=Shelf())[0]
    return found


def draw(
    sample: FlowSample, *, seed: int = 0, **changes: float
) -> tuple[torch.Tensor, torch.Tensor]:
    values = {"zoom": 1.0, "intensity": 0.0, "batch_size": 4, "crop_px": 96} | changes
    return draw_flow_batch(
        [sample],
        pool=(),
        extra=Extra(),
        training=TrainingSpec(**values),  # type: ignore[arg-type]
        rng=np.random.default_rng(seed),
    )


def test_targets_are_turned_with_the_image() -> None:
    images, targets = draw(spots(), batch_size=8)
    assert images.shape == (8, 1, 96, 96)
    assert targets.shape == (8, 4, 96, 96)
    for image, target in zip(images.numpy(), targets.numpy(), strict=True):
        np.testing.assert_allclose(image[0], target[1], atol=1e-5)
        maps = np.stack([5 * target[2], 5 * target[3], 20 * (target[1] - 0.5)])
        labels = decode_flows(CellposeInference(maps), DEFAULTS | {"smallest_px": 0.0}, device=CPU)
        parts, count = connected(target[1] > 0.5)
        sizes = np.bincount(parts.ravel())[1:]
        assert count > 0
        for part in np.flatnonzero(sizes > 240) + 1:  # whole discs have 253 pixels
            found, area = np.unique(labels[parts == part], return_counts=True)
            assert area[found > 0].max() > 0.95 * sizes[part - 1]


def test_crops_are_zoomed_within_the_range_asked_for() -> None:
    single = spots(side_px=64, spacing_px=64)
    plain = [draw(single, seed=n)[0].sum(dim=(1, 2, 3)) for n in range(8)]
    zoomed = [draw(single, seed=n, zoom=2.0)[0].sum(dim=(1, 2, 3)) for n in range(8)]
    area = float((single.sample.labels > 0).sum())
    np.testing.assert_allclose(torch.cat(plain), area, rtol=0.03)
    ratios = torch.cat(zoomed) / area
    assert 0.23 < float(ratios.min()) < 0.6
    assert 1.8 < float(ratios.max()) < 4.2


def test_nothing_is_known_beyond_the_image_or_where_labels_are_unknown() -> None:
    small = spots(side_px=64, spacing_px=64)
    images, targets = draw(small, crop_px=128)
    known = targets[:, 0].sum(dim=(1, 2))
    np.testing.assert_allclose(known, 64 * 64, rtol=0.03)
    assert not images[:, 0][targets[:, 0] == 0].any()
    labels = small.sample.labels.copy()
    labels[:, :32] = -1
    half = Sample(id="half", image=small.sample.image, labels=labels, group="half")
    _, targets = draw(with_flows(half), crop_px=128)
    np.testing.assert_allclose(targets[:, 0].sum(dim=(1, 2)), 64 * 32, rtol=0.05)


def test_predictions_at_unknown_pixels_give_no_loss() -> None:
    _, targets = draw(spots())
    targets[:, 0, :, 48:] = 0
    predictions = torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    other = predictions.clone()
    other[..., 48:] += 100
    assert flow_loss(predictions, targets) == flow_loss(other, targets)
    other[..., :48] += 1
    assert flow_loss(predictions, targets) != flow_loss(other, targets)


def test_a_batch_without_known_pixels_gives_no_loss_and_no_gradient() -> None:
    _, targets = draw(spots())
    targets[:, 0] = 0
    predictions = torch.ones(4, 3, 96, 96, requires_grad=True)
    loss = flow_loss(predictions, targets)
    loss.backward()
    assert loss == 0
    assert predictions.grad is not None
    assert not predictions.grad.any()


def test_loss_is_half_the_flows_square_error_plus_cross_entropy() -> None:
    # One pixel, inside a cell, flow (0, 1), predicted (1, 5) and logit 0:
    # ((1 - 0)^2 + (5 - 5)^2) / 2 pixels' mean / 2 + log 2
    targets = torch.tensor([1.0, 1.0, 0.0, 1.0]).reshape(1, 4, 1, 1)
    predictions = torch.tensor([1.0, 5.0, 0.0]).reshape(1, 3, 1, 1)
    assert float(flow_loss(predictions, targets)) == pytest.approx(0.25 + np.log(2))


def test_synthetic_crops_come_in_the_ratio_asked_for() -> None:
    real, synthetic = spots(brightness=1.0), spots(brightness=3.0)
    counts = []
    for seed in range(12):
        images, _ = draw_flow_batch(
            [real],
            pool=[synthetic],
            extra=Extra(pool=[synthetic.sample], ratio=1.0),
            training=TrainingSpec(batch_size=6, intensity=0.0),
            rng=np.random.default_rng(seed),
        )
        counts.append(int((images.amax(dim=(1, 2, 3)) > 2).sum()))
    assert counts == [3] * 12


def test_batches_are_fixed_by_their_generator_and_leave_numpy_alone() -> None:
    sample = spots()
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = draw(sample, seed=5, intensity=0.5)
    assert (np.random.get_state()[1] == before).all()
    np.random.seed(2)
    again = draw(sample, seed=5, intensity=0.5)
    other = draw(sample, seed=6, intensity=0.5)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])
