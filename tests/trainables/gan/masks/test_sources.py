import dataclasses
from typing import get_args

import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import label as connected_components

from tests.trainables.gan.cells import RADIUS_PX, make_grid, make_labels, make_samples
from trainables.data.sample import Sample
from trainables.gan.masks.arrange import cell_shapes
from trainables.gan.masks.sources import MAKERS, _bend, draw_masks, touching_share
from trainables.spec.gan_spec import MaskSource


def draw(
    source: MaskSource, samples: list[Sample], *, seed: int = 0, crop_px: int = 64
) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    masks = draw_masks(samples, count=6, crop_px=crop_px, source=source, rng=rng)
    return [mask.labels for mask in masks]


def whole_diameters_px(maps: list[np.ndarray]) -> np.ndarray:
    """Of the cells that no edge cuts."""
    areas = [shape.sum() for labels in maps for shape in cell_shapes(labels)]
    return 2 * np.sqrt(np.array(areas) / np.pi)


@pytest.mark.parametrize("source", get_args(MaskSource))
class TestEverySource:
    def test_labels_are_connected_cells_numbered_from_one(self, source: MaskSource) -> None:
        masks = draw(source, make_samples(channels=1))
        assert len(masks) == 6
        for labels in masks:
            assert labels.shape == (64, 64)
            assert labels.dtype == np.int32
            count = labels.max()
            assert set(np.unique(labels)) == set(range(count + 1))
            assert connected_components(labels, connectivity=1).max() == count

    def test_cells_keep_about_their_size(self, source: MaskSource) -> None:
        whole_px = np.pi * RADIUS_PX**2
        sizes = np.concatenate(
            [np.bincount(m.ravel())[1:] for m in draw(source, make_samples(channels=1))]
        )
        assert 0.5 * whole_px < sizes.max() < 2 * whole_px

    def test_density_is_that_of_the_annotation(self, source: MaskSource) -> None:
        annotated = float((make_labels() > 0).mean())
        covered = [float((m > 0).mean()) for m in draw(source, make_samples(channels=1))]
        assert 0.4 * annotated < np.mean(covered) < 2.5 * annotated

    def test_cells_apart_stay_apart_and_packed_ones_touch(self, source: MaskSource) -> None:
        for pitch_px, lowest, highest in ((26, 0.0, 0.05), (13, 0.9, 1.0)):
            sample = make_grid(pitch_px=pitch_px)
            touching = np.mean([touching_share(labels) for labels in draw(source, [sample])])
            assert lowest <= touching <= highest

    def test_sizes_are_spread_like_those_of_the_annotation(self, source: MaskSource) -> None:
        sample = make_grid(pitch_px=26)
        annotated = whole_diameters_px([sample.labels])
        made = whole_diameters_px(draw(source, [sample], crop_px=128))
        assert np.median(made) == pytest.approx(np.median(annotated), rel=0.1)
        assert np.std(np.log(made)) == pytest.approx(np.std(np.log(annotated)), abs=0.1)

    def test_the_generator_fixes_the_masks(self, source: MaskSource) -> None:
        samples = make_samples(channels=1)
        np.testing.assert_array_equal(draw(source, samples), draw(source, samples))
        assert not np.array_equal(draw(source, samples), draw(source, samples, seed=1))

    def test_a_closed_layer_stays_closed(self, source: MaskSource) -> None:
        rows, columns = np.mgrid[:96, :96]
        tiles = (rows // 16 * 6 + columns // 16 + 1).astype(np.int32)
        sample = Sample(
            id="tiles", image=np.zeros((96, 96, 1), np.float32), labels=tiles, group="tiles"
        )
        for labels in draw(source, [sample]):
            assert (labels > 0).mean() > 0.75
            assert labels.max() > 6

    def test_no_cells_and_unknown_pixels_give_empty_maps(self, source: MaskSource) -> None:
        labels = np.full((40, 50), -1, np.int32)
        labels[:20] = 0
        sample = Sample(id="e", image=np.zeros((40, 50, 1), np.float32), labels=labels, group="e")
        for drawn in draw(source, [sample]):
            assert not drawn.any()


def test_every_source_of_the_spec_is_made() -> None:
    assert set(MAKERS) == set(get_args(MaskSource))


def test_recomposed_cells_do_not_stand_where_they_stood() -> None:
    """Distances between neighbouring discs are all their own, in the annotation only 17 is."""
    samples = make_samples(channels=1, count=1)
    touching = [touching_share(labels) for labels in draw("recomposed", samples)]
    assert len(set(touching)) > 1


def test_touching_share_counts_cells_with_a_neighbour() -> None:
    labels = np.array([[1, 1, 0, 3], [2, 2, 0, 3], [0, 0, 0, 0], [4, 0, 5, 5]], np.int32)
    assert touching_share(labels) == 2 / 5
    assert touching_share(np.zeros((4, 4), np.int32)) == 0


def test_cells_cut_by_the_edge_serve_only_where_there_is_no_other() -> None:
    labels = np.zeros((10, 10), np.int32)
    labels[0:3, 4:6], labels[5:8, 5:9] = 1, 2
    assert [shape.shape for shape in cell_shapes(labels)] == [(3, 4)]
    labels[labels == 2] = 0
    assert [shape.shape for shape in cell_shapes(labels)] == [(3, 2)]


def test_the_library_lends_cells_of_the_sizes_that_an_image_has() -> None:
    """The second image has discs of radius 8 and one giant, which the first never gets."""
    first, second = make_samples(channels=1)
    giant = second.labels.copy()
    giant[60:96, 60:96] = 9
    second = dataclasses.replace(second, labels=giant)
    masks = draw_masks(
        [first, second],
        count=8,
        crop_px=96,
        source="shape_library",
        rng=np.random.default_rng(0),
    )
    assert {mask.sources for mask in masks} == {("0", "1"), ("1", "0")}
    for mask in masks:
        if mask.sources[0] == "0":
            assert np.bincount(mask.labels.ravel())[1:].max() < 2 * np.pi * RADIUS_PX**2


def test_a_bend_is_a_cubic_spline_through_few_points() -> None:
    coarse = np.random.default_rng(0).standard_normal((2, 5, 5)) * 3
    whole = [
        ndimage.zoom(part, 100 / 5, order=3, grid_mode=True, mode="grid-mirror") for part in coarse
    ]
    np.testing.assert_allclose(_bend(100, np.random.default_rng(0)), whole, atol=1e-9)


def test_each_annotated_map_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[int] = []

    def counting(labels: np.ndarray) -> float:
        measured.append(len(labels))
        return touching_share(labels)

    monkeypatch.setattr("trainables.gan.masks.sources.touching_share", counting)
    samples = make_samples(channels=1)
    draw("recomposed", samples)
    draw("simulated", samples)
    assert 2 <= len(measured) <= 2 * len(samples)
