"""Tiles of a large image are shown to Cellpose-SAM as the stock tool shows the whole image."""

import dataclasses

import numpy as np
import pytest
from cellpose.transforms import normalize_img

from tests.trainables.peak import peak_mib
from tests.trainables.segmenters.cellpose.test_cellpose import COMPACT, SPEC
from tests.trainables.segmenters.cellpose.tiny_vit import make_tiny
from tests.trainables.segmenters.contract import simulated_sample
from trainables.data.normalise import normalise, normalised
from trainables.data.rescaled import Rescaled
from trainables.data.scale import rescale_image
from trainables.models.model import Model
from trainables.segmenters.cellpose.networks import cpsam_ranges, normalise_for_cpsam
from trainables.segmenters.cellpose.segmenter import Cellpose
from trainables.spec.trial_spec import TrialSpec

NOISE = 0.02


@pytest.fixture(scope="module")
def half_empty() -> np.ndarray:
    """float32 [256, 640, 1]: cells at the left, faint noise on the right."""
    cells = simulated_sample("cells", shape=(256, 256)).image
    noise = np.random.default_rng(0).normal(0, NOISE, (256, 384, 1))
    return np.concatenate([cells, noise], axis=1, dtype=np.float32)


@pytest.mark.parametrize("scale", [0.9, 1.0])
def test_a_tile_is_as_bright_as_in_the_whole_image(
    half_empty: np.ndarray, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny(monkeypatch)
    monkeypatch.setattr("trainables.models.model.TILE_PX", 256)
    spec = dataclasses.replace(SPEC, data=dataclasses.replace(SPEC.data, max_diameter_px=16.0))
    seen: list[np.ndarray] = []

    def remember(network: object, image: np.ndarray) -> np.ndarray:
        seen.append(image)
        return np.full((3, *image.shape[:2]), -9, np.float32)

    monkeypatch.setattr("trainables.segmenters.cellpose.segmenter.infer_cpsam", remember)
    _model(spec, scale=scale).predict(half_empty)

    whole = normalize_img(rescale_image(half_empty, scale).copy())
    assert len(seen) >= 3
    np.testing.assert_allclose(seen[0], whole[:256, :256], atol=1e-4)
    np.testing.assert_allclose(seen[-1], whole[:, -256:], atol=1e-4)
    assert seen[-1].std() < 3 * NOISE


def test_small_networks_see_tiles_as_they_are(half_empty: np.ndarray) -> None:
    segmenter = Cellpose(COMPACT, channels=1)
    tile = half_empty[:, -256:]
    assert segmenter.infer_tiles(half_empty)(tile) == segmenter.infer(tile)


def test_ranges_of_a_shrunk_image_are_those_of_its_pixels(half_empty: np.ndarray) -> None:
    low, high = cpsam_ranges(Rescaled(half_empty, 0.5))[0]
    expected = np.percentile(rescale_image(half_empty, 0.5), (1, 99))
    np.testing.assert_allclose((low, high), expected, atol=1e-3)


def test_a_channel_without_contrast_is_empty(half_empty: np.ndarray) -> None:
    image = np.concatenate([half_empty, np.full_like(half_empty, 3)], axis=2)
    shown = normalise_for_cpsam(image, ranges=cpsam_ranges(image))
    np.testing.assert_allclose(shown, normalise_for_cpsam(image), atol=1e-5)
    assert not shown[:, :, 1].any()


def test_ranges_of_a_large_image_take_no_copy_of_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (2400, 4000), np.uint8)
    expected = np.percentile(normalise(pixels), (1, 99))
    assert peak_mib(lambda: cpsam_ranges(normalised(pixels))) < 4 * pixels.size / 2**20
    np.testing.assert_allclose(cpsam_ranges(normalised(pixels))[0], expected, atol=0.01)


def _model(spec: TrialSpec, *, scale: float) -> Model:
    return Model(spec=spec, segmenter=Cellpose(spec, channels=1), channels=1, scale=scale)
