import numpy as np
import pytest

from trainables.networks.blending import process_in_tiles, tiles


@pytest.mark.parametrize(
    ("length", "tile_px", "overlap_px"), [(1, 8, 2), (8, 8, 2), (9, 8, 2), (100, 16, 5)]
)
def test_weights_add_up_to_one_everywhere(length, tile_px, overlap_px):
    total = np.zeros(length)
    for interval, weights in tiles(length, tile_px=tile_px, overlap_px=overlap_px):
        assert interval.stop - interval.start == min(tile_px, length)
        total[interval] += weights
    assert total == pytest.approx(np.ones(length))


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (64, 64), (65, 130)])
def test_tiles_are_blended_without_seams(shape):
    image = np.random.default_rng(0).random((*shape, 2), np.float32)
    sides = []

    def process(tile):
        sides.extend(tile.shape[:2])
        return tile.transpose(2, 0, 1)

    out = process_in_tiles(image, process, outputs=2, multiple=8, tile_px=32, overlap_px=8)
    assert out.dtype == np.float16
    assert out == pytest.approx(image.transpose(2, 0, 1), abs=2e-3)
    assert all(side % 8 == 0 and side <= 32 for side in sides)
