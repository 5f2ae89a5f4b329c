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


def test_weights_ramp_over_the_shared_pixels_by_hand():
    # Tiles of 4 over 6 pixels begin at 0 and 2 and share pixels 2 and 3. Each tile's hat is
    # 1 2 2 1; where both lie, 2 and 1 or 1 and 2 of 3.
    (first, falling), (second, rising) = tiles(6, tile_px=4, overlap_px=2)
    assert (first, second) == (slice(0, 4), slice(2, 6))
    assert falling == pytest.approx([1, 1, 2 / 3, 1 / 3])
    assert rising == pytest.approx([1 / 3, 2 / 3, 1, 1])
    # Tiles of 5 over 7 pixels that share 3 of them: hats 1 2 3 2 1, cut at 3.
    (_, falling), (_, rising) = tiles(7, tile_px=5, overlap_px=3)
    assert falling == pytest.approx([1, 1, 3 / 4, 2 / 4, 1 / 4])
    assert rising == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1, 1])
    # A ramp is at most as long as the overlap asked for: tiles of 4 over 5 pixels share three, and
    # with an overlap of 1 their hats are 1 1 1 1.
    (_, falling), (_, rising) = tiles(5, tile_px=4, overlap_px=1)
    assert falling == pytest.approx([1, 1 / 2, 1 / 2, 1 / 2])
    assert rising == pytest.approx([1 / 2, 1 / 2, 1 / 2, 1])


def test_tiles_that_disagree_are_blended_by_both_ramps():
    # Four tiles of 4x4 over 6x6 pixels, which say 1 and 2 above 3 and 4. Along a side the weights
    # are 1, 1, 2/3, 1/3, 0, 0 of the first and 0, 0, 1/3, 2/3, 1, 1 of the second.
    said = iter([1.0, 2.0, 3.0, 4.0])

    def process(tile):
        return np.full((1, *tile.shape[:2]), next(said), np.float32)

    image = np.zeros((6, 6, 1), np.float32)
    (out,) = process_in_tiles(image, process, outputs=1, multiple=1, tile_px=4, overlap_px=2)
    rightwards, downwards = [0, 0, 1 / 3, 2 / 3, 1, 1], [0, 0, 2 / 3, 4 / 3, 2, 2]
    expected = [[1 + down + right for right in rightwards] for down in downwards]
    assert out == pytest.approx(np.array(expected), abs=4e-3)  # float16 below 4


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
