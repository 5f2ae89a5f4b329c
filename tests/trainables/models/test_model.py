"""A model labels images of any size, the large ones without a copy of the whole."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from tests.trainables.peak import peak_mib
from trainables.data.normalise import normalised
from trainables.data.rescaled import Image
from trainables.models.model import TILE_PX, Model
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec


class Threshold:
    """A segmenter that takes bright pixels for cells, and remembers the largest image it saw."""

    def __init__(self) -> None:
        self.thresholds = {"bright": 0.5}
        self.largest_px = 0

    def infer(self, image: np.ndarray) -> np.ndarray:
        assert image.dtype == np.float32
        self.largest_px = max(self.largest_px, image.size)
        return image[:, :, 0]

    def infer_tiles(self, whole: Image) -> Callable[[np.ndarray], np.ndarray]:
        return self.infer

    def decode(self, inference: np.ndarray, thresholds: dict[str, float]) -> np.ndarray:
        return ndimage.label(inference > thresholds["bright"])[0].astype(np.int32)


def model(segmenter: Threshold, *, scale: float, max_diameter_px: float = 32.0) -> Model:
    spec = TrialSpec(
        stage="search",
        arm="unet",
        study_seed=0,
        seed=0,
        data=DataSpec(split="", annotation_count=1, draw=0, max_diameter_px=max_diameter_px),
        segmenter=UnetSpec(),
    )
    return Model(spec=spec, segmenter=segmenter, channels=1, scale=scale)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.3])
def test_a_large_image_is_read_by_tiles_and_no_cell_is_lost(scale: float) -> None:
    pixels = np.full((3000, 500), 100, np.uint16)
    rng = np.random.default_rng(0)
    centres = [(y, x) for y in range(20, 2990, 40) for x in range(20, 490, 40)]
    for y, x in centres:
        dy, dx = rng.integers(-6, 7, 2)
        pixels[y + dy - 10 : y + dy + 10, x + dx - 10 : x + dx + 10] = 4000
    segmenter = Threshold()

    labels = model(segmenter, scale=scale).predict(normalised(pixels))

    assert labels.shape == (3000, 500)
    assert labels.max() == len(centres)
    areas = np.bincount(labels.ravel())[1:]
    assert areas.min() > 0.8 * 400
    assert areas.max() < 1.2 * 400
    assert segmenter.largest_px <= TILE_PX * 500 * scale


def test_no_labels_of_the_enlarged_image_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainables.models.model.TILE_PX", 256)
    pixels = np.zeros((500, 500), np.uint8)
    pixels[np.ix_(np.arange(500) % 10 < 5, np.arange(500) % 10 < 5)] = 200
    enlarging, image = model(Threshold(), scale=4.0, max_diameter_px=16.0), normalised(pixels)
    labels = enlarging.predict(image)
    assert labels.max() == 50 * 50
    assert (np.bincount(labels.ravel())[1:] == 25).all()
    enlarged_mib = 4 * (4 * 500) ** 2 / 2**20
    assert peak_mib(lambda: enlarging.predict(image)) < enlarged_mib / 3


def test_a_large_image_that_shrinks_is_never_held_as_floats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainables.data.rescaled.BLOCK_PX", 256 * 1024)
    pixels = np.zeros((2100, 2100), np.uint8)
    pixels[np.ix_(np.arange(2100) % 210 < 100, np.arange(2100) % 210 < 100)] = 200
    shrinking, image = model(Threshold(), scale=0.1), normalised(pixels)
    labels = shrinking.predict(image)
    assert labels.max() == 100
    # The labels at the scale of the file, and little else.
    assert peak_mib(lambda: shrinking.predict(image)) < 1.5 * 4 * 2100**2 / 2**20
