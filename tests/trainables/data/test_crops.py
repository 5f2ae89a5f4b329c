"""Crops show the right pixels with the right labels, in the ratio asked for."""

import numpy as np
import pytest

from trainables.data.crops import draw_crop
from trainables.data.sample import IGNORED, Sample
from trainables.spec.training_spec import TrainingSpec
from trainables.training.batches import draw_batch
from trainables.training.contract import Extra


def make_sample(labels: np.ndarray, *, name: str = "a", channels: int = 1) -> Sample:
    """A sample whose image equals its labels, so that any shift between the two shows."""
    image = np.repeat(labels[..., None], channels, axis=2).astype(np.float32)
    return Sample(id=name, image=image, labels=labels.astype(np.int32), group=name)


def numbered(height: int, width: int) -> np.ndarray:
    """Every pixel a label of its own: 1, 2, 3, ... along the rows."""
    return np.arange(1, height * width + 1).reshape(height, width)


def test_a_crop_without_zoom_is_a_piece_of_the_image_turned_or_mirrored() -> None:
    labels = numbered(40, 50)
    for seed in range(20):
        image, crop = draw_crop(
            make_sample(labels), crop_px=32, zoom=1.0, rng=np.random.default_rng(seed)
        )
        upright = [np.rot90(side, turns) for side in (crop, crop[::-1]) for turns in range(4)]
        corners = [np.argwhere(labels == piece[0, 0])[0] for piece in upright]
        pieces = [labels[row : row + 32, column : column + 32] for row, column in corners]
        assert any(
            np.array_equal(piece, found) for piece, found in zip(pieces, upright, strict=True)
        )
        # Between pixels the linear image lies within half a pixel of the nearest one's label.
        assert np.abs(image[..., 0] - crop).max() <= 0.5 * 50 + 0.5


def test_all_eight_orientations_occur() -> None:
    labels = numbered(32, 32)
    found = {
        draw_crop(make_sample(labels), crop_px=32, zoom=1.0, rng=np.random.default_rng(seed))[
            1
        ].tobytes()
        for seed in range(100)
    }
    assert len(found) == 8


def test_image_and_labels_stay_together_under_zoom() -> None:
    labels = np.zeros((200, 200), np.int32)
    labels[40:120, 60:150] = 1
    for seed in range(20):
        image, crop = draw_crop(
            make_sample(labels), crop_px=64, zoom=2.0, rng=np.random.default_rng(seed)
        )
        # Linear weights reach 0.5 beside an edge and 0.75 ** 2 beside a corner.
        assert np.abs(image[..., 0] - crop).max() <= 0.75**2 + 1e-6


def test_zoom_is_symmetric_about_one_and_bounded() -> None:
    """A square of 20 x 20 pixels covers 20^2 / 2^2 to 20^2 * 2^2 pixels at zoom 2."""
    labels = np.zeros((300, 300), np.int32)
    labels[140:160, 140:160] = 1
    sample = make_sample(labels)
    crops = (
        draw_crop(sample, crop_px=256, zoom=2.0, rng=np.random.default_rng(seed))
        for seed in range(200)
    )
    sides = np.sqrt([(crop == 1).sum() for _, crop in crops])
    sides = sides[sides > 9]  # those that hold the whole square
    assert 9 < sides.min() < 12
    assert 34 < sides.max() < 41
    assert np.exp(np.log(sides).mean()) == pytest.approx(20, rel=0.1)


def test_a_small_sample_is_mirrored_and_its_surroundings_are_unknown() -> None:
    labels = numbered(20, 24)
    image, crop = draw_crop(make_sample(labels), crop_px=64, zoom=1.0, rng=np.random.default_rng(0))
    assert set(np.unique(crop)) <= {IGNORED, *range(1, 20 * 24 + 1)}
    assert (crop == IGNORED).sum() == 64 * 64 - 20 * 24
    assert image.min() >= 1
    assert image.max() <= 20 * 24
    assert image[crop == IGNORED].std() > 50  # mirrored pixels, no constant


def test_most_crops_hold_a_cell_even_where_cells_are_rare() -> None:
    labels = np.zeros((1000, 1000), np.int32)
    labels[700:760, 100:160] = 5
    sample = make_sample(labels)
    held = [
        (draw_crop(sample, crop_px=64, zoom=1.0, rng=np.random.default_rng(seed))[1] == 5).any()
        for seed in range(200)
    ]
    assert 0.4 < np.mean(held) < 0.95


def test_only_the_pixels_under_the_crop_are_read(tmp_path) -> None:
    labels = np.lib.format.open_memmap(
        tmp_path / "labels.npy", mode="w+", dtype=np.int32, shape=(400, 400)
    )
    image = np.lib.format.open_memmap(
        tmp_path / "image.npy", mode="w+", dtype=np.float32, shape=(400, 400, 2)
    )
    labels[100:120, 100:120] = 1
    image[100:120, 100:120] = 1
    sample = Sample(id="large", image=image, labels=labels, group="large")
    crop, found = draw_crop(sample, crop_px=64, zoom=1.5, rng=np.random.default_rng(0))
    assert crop.shape == (64, 64, 2)
    assert not isinstance(found, np.memmap)


@pytest.mark.parametrize(("ratio", "share"), [(0.0, 0.0), (0.5, 1 / 3), (1.0, 0.5), (3.0, 0.75)])
def test_synthetic_crops_come_in_the_ratio_asked_for(ratio: float, share: float) -> None:
    real, synthetic = make_sample(np.full((40, 40), 1)), make_sample(np.full((40, 40), 2))
    training = TrainingSpec(batch_size=8, crop_px=32, intensity=0.0)
    counts = [
        int(
            (
                draw_batch(
                    [real],
                    extra=Extra(pool=[synthetic], ratio=ratio),
                    training=training,
                    rng=np.random.default_rng(seed),
                )[1][:, 16, 16]
                == 2
            ).sum()
        )
        for seed in range(100)
    ]
    assert np.mean(counts) / 8 == pytest.approx(share, abs=0.02)
    assert max(counts) - min(counts) <= 1


def test_without_a_pool_every_crop_is_real() -> None:
    real = make_sample(np.full((40, 40), 1))
    training = TrainingSpec(batch_size=8, crop_px=32, zoom=1.0)
    _, labels = draw_batch(
        [real], extra=Extra(ratio=2.0), training=training, rng=np.random.default_rng(0)
    )
    assert (labels == 1).all()


def test_a_batch_has_the_promised_shapes_and_is_fixed_by_its_generator() -> None:
    sample = make_sample(numbered(50, 60), channels=3)
    training = TrainingSpec(batch_size=4, crop_px=32)

    def batch(seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        return draw_batch([sample], extra=Extra(), training=training, rng=rng)

    images, labels = batch(1)
    assert (images.shape, images.dtype) == ((4, 32, 32, 3), np.float32)
    assert (labels.shape, labels.dtype) == ((4, 32, 32), np.int32)
    assert np.isfinite(images).all()
    for again, first in zip(batch(1), (images, labels), strict=True):
        np.testing.assert_array_equal(again, first)
    assert not np.array_equal(batch(2)[1], labels)


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one annotated sample"):
        draw_batch([], extra=Extra(), training=TrainingSpec(), rng=np.random.default_rng(0))
