"""Labels joined from tiles equal those of the whole image."""

import numpy as np
import pytest
from scipy.ndimage import label as connected_components

from trainables.data.stitching import predict_tiled


def components(image: np.ndarray) -> np.ndarray:
    """An exact predictor: bright regions that touch nothing else are cells."""
    return connected_components(image[..., 0] > 0.5)[0].astype(np.int32)


def random_discs(shape: tuple[int, int], *, count: int, radius_px: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.ogrid[: shape[0], : shape[1]]
    image = np.zeros(shape, np.float32)
    for row, column in rng.uniform(0, shape, (count, 2)):
        image[(y - row) ** 2 + (x - column) ** 2 <= (radius_px * rng.uniform(0.3, 1)) ** 2] = 1
    return image[..., None]


def same_cells(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two label images are equal up to the numbers of the cells."""
    pairs = np.unique(np.stack([a.ravel(), b.ravel()]), axis=1)
    one_to_one = all(len(np.unique(side)) == pairs.shape[1] for side in pairs)
    return one_to_one and bool(((pairs[0] == 0) == (pairs[1] == 0)).all())


@pytest.mark.parametrize("shape", [(200, 200), (131, 77), (64, 300), (65, 64), (20, 30)])
@pytest.mark.parametrize(("tile_px", "overlap_px"), [(64, 32), (64, 24), (80, 33)])
def test_tiles_equal_the_whole_image(shape: tuple[int, int], tile_px: int, overlap_px: int) -> None:
    for seed in range(5):
        image = random_discs(shape, count=shape[0] * shape[1] // 500, radius_px=9, seed=seed)
        whole = components(image)
        tiled = predict_tiled(image, predict=components, tile_px=tile_px, overlap_px=overlap_px)
        assert whole.max() > 0
        assert tiled.dtype == np.int32
        assert tiled.max() == whole.max()
        assert same_cells(tiled, whole)


def test_cells_larger_than_a_tile_are_joined() -> None:
    image = np.zeros((100, 300, 1), np.float32)
    image[40:60, 10:290] = 1
    image[20:90, 150:158] = 1
    image[5:10, 5:280] = 1
    tiled = predict_tiled(image, predict=components, tile_px=64, overlap_px=16)
    assert same_cells(tiled, components(image))


def test_arms_that_meet_beyond_the_seam_are_one_cell() -> None:
    horseshoe = np.zeros((64, 112, 1), np.float32)
    horseshoe[20:26, 10:100] = horseshoe[40:46, 10:100] = horseshoe[20:46, 94:100] = 1
    for image in (horseshoe, horseshoe[:, ::-1], horseshoe.swapaxes(0, 1)):
        tiled = predict_tiled(image, predict=components, tile_px=64, overlap_px=16)
        assert tiled.max() == 1
        assert same_cells(tiled, components(image))


def test_a_tile_that_sees_a_cell_whole_wins_over_one_that_cut_it() -> None:
    """The predictor loses the outermost 3 pixels of each tile, as a network's context does."""

    def blind_at_edges(image: np.ndarray) -> np.ndarray:
        seen = image.copy()
        seen[:3] = seen[-3:] = seen[:, :3] = seen[:, -3:] = 0
        return components(seen)

    image = random_discs((200, 200), count=60, radius_px=7, seed=3)
    image[:4] = image[-4:] = image[:, :4] = image[:, -4:] = 0
    tiled = predict_tiled(image, predict=blind_at_edges, tile_px=96, overlap_px=48)
    whole = components(image)
    areas = np.bincount(whole.ravel())
    found = [label for label in range(1, len(areas)) if (tiled[whole == label] > 0).all()]
    assert len(found) >= 0.9 * (len(areas) - 1)
    assert tiled.max() == whole.max()


def test_only_one_tile_is_read_at_a_time() -> None:
    class Lazy:
        """An array on disk, as far as the code can tell."""

        def __init__(self, pixels: np.ndarray) -> None:
            self.pixels, self.shape, self.largest = pixels, pixels.shape, 0

        def __getitem__(self, window: tuple[slice, slice]) -> np.ndarray:
            part = self.pixels[window]
            self.largest = max(self.largest, part.shape[0] * part.shape[1])
            return part

    lazy = Lazy(random_discs((150, 210), count=60, radius_px=9, seed=0))
    tiled = predict_tiled(lazy, predict=components, tile_px=64, overlap_px=24)
    assert lazy.largest == 64 * 64
    assert same_cells(tiled, components(lazy.pixels))


def test_an_empty_image_stays_empty() -> None:
    image = np.zeros((100, 100, 3), np.float32)
    tiled = predict_tiled(image, predict=components, tile_px=64, overlap_px=16)
    assert tiled.shape == (100, 100)
    assert not tiled.any()


@pytest.mark.parametrize("overlap_px", [0, 33])
def test_a_useless_overlap_is_refused(overlap_px: int) -> None:
    image = np.zeros((100, 100, 1), np.float32)
    with pytest.raises(ValueError, match=f"between 1 and half .* got {overlap_px}"):
        predict_tiled(image, predict=components, tile_px=64, overlap_px=overlap_px)
