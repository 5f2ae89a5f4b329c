"""A model labels images of any size, the large ones without a copy of the whole."""

import numpy as np
import pytest
from scipy import ndimage

from trainables.data.normalise import normalised
from trainables.model import TILE_PX, Model
from trainables.spec import DataSpec, TrialSpec, UnetSpec


class Threshold:
    """A segmenter that takes bright pixels for cells, and remembers the largest image it saw."""

    def __init__(self) -> None:
        self.thresholds = {"bright": 0.5}
        self.largest_px = 0

    def infer(self, image: np.ndarray) -> np.ndarray:
        assert image.dtype == np.float32
        self.largest_px = max(self.largest_px, image.size)
        return image[:, :, 0]

    def decode(self, inference: np.ndarray, thresholds: dict[str, float]) -> np.ndarray:
        return ndimage.label(inference > thresholds["bright"])[0].astype(np.int32)


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.3])
def test_a_large_image_is_read_by_tiles_and_no_cell_is_lost(scale: float) -> None:
    pixels = np.full((3000, 500), 100, np.uint16)
    rng = np.random.default_rng(0)
    centres = [(y, x) for y in range(20, 2990, 40) for x in range(20, 490, 40)]
    for y, x in centres:
        dy, dx = rng.integers(-6, 7, 2)
        pixels[y + dy - 10 : y + dy + 10, x + dx - 10 : x + dx + 10] = 4000
    segmenter = Threshold()
    spec = TrialSpec(
        stage="search",
        arm="unet",
        study_seed=0,
        seed=0,
        data=DataSpec(split="", annotation_count=1, draw=0),
        segmenter=UnetSpec(),
    )
    model = Model(spec=spec, segmenter=segmenter, channels=1, scale=scale)  # type: ignore[arg-type]

    labels = model.predict(normalised(pixels))

    assert labels.shape == (3000, 500)
    assert labels.max() == len(centres)
    areas = np.bincount(labels.ravel())[1:]
    assert areas.min() > 0.8 * 400
    assert areas.max() < 1.2 * 400
    assert segmenter.largest_px <= TILE_PX * 500 * scale
