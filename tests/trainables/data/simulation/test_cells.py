"""Simulated cells have exact labels, varied looks, and are fixed by their seed."""

import numpy as np
import pytest
from scipy.ndimage import label as connected_components

from trainables.data.sample import Sample
from trainables.data.scale import diameters_px
from trainables.data.simulation.cells import (
    draw_any_well,
    simulate,
    simulated_dataset,
    source_dataset,
)
from trainables.data.simulation.looks import PAINTERS
from trainables.data.simulation.shapes import Population, place_cells
from trainables.data.simulation.texture import clouds, noise_field

SIZE_PX = 128


def check_sample(sample: Sample, *, channels: int) -> None:
    assert sample.image.shape == (SIZE_PX, SIZE_PX, channels)
    assert np.isfinite(sample.image).all()
    low, high = np.percentile(sample.image, (1, 99.8), axis=(0, 1))
    np.testing.assert_allclose(low, 0, atol=1e-3)
    np.testing.assert_allclose(high, 1, atol=1e-3)
    values = np.unique(sample.labels)
    np.testing.assert_array_equal(values[values > 0], np.arange(1, sample.cell_count + 1))
    assert values[0] >= 0


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_both_data_sets_look_like_real_ones_to_the_code(channels: int) -> None:
    for make in (simulated_dataset, source_dataset):
        samples = make(count=6, size_px=SIZE_PX, seed=0, channels=channels)
        assert len({sample.id for sample in samples}) == 6
        for sample in samples:
            check_sample(sample, channels=channels)
            assert sample.provenance is None


def test_four_images_in_a_row_are_one_well() -> None:
    groups = [s.group for s in simulated_dataset(count=10, size_px=64, seed=0)]
    assert [groups.count(group) for group in sorted(set(groups))] == [4, 4, 2]
    assert groups == sorted(groups)


def test_the_first_images_do_not_depend_on_how_many_follow() -> None:
    few = simulated_dataset(count=2, size_px=64, seed=3)
    many = simulated_dataset(count=6, size_px=64, seed=3)
    for a, b in zip(few, many, strict=False):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.labels, b.labels)


@pytest.mark.parametrize("make", [simulated_dataset, source_dataset])
def test_another_seed_gives_other_images(make) -> None:
    first, other = (make(count=1, size_px=64, seed=seed, channels=1)[0] for seed in (0, 1))
    assert not np.array_equal(first.labels, other.labels)


def test_the_embedded_data_set_is_crowded_and_its_cells_show() -> None:
    for sample in simulated_dataset(count=8, size_px=SIZE_PX, seed=0):
        labels, image = sample.labels, sample.image[..., 0]
        assert sample.cell_count >= 10
        assert image[labels > 0].mean() > image[labels == 0].mean() + 0.1
        side_by_side = (labels[:, 1:] > 0) & (labels[:, :-1] > 0)
        assert (side_by_side & (labels[:, 1:] != labels[:, :-1])).any()


def test_source_cells_have_the_working_size() -> None:
    samples = source_dataset(count=20, size_px=SIZE_PX, seed=0, channels=1)
    medians = [np.median(diameters_px(s.labels)) for s in samples if s.cell_count]
    assert len(medians) >= 18
    assert min(medians) > 12
    assert max(medians) < 36


@pytest.mark.parametrize("look", sorted(PAINTERS))
def test_every_look_shows_its_cells(look: str) -> None:
    """Inside and outline of the cells together differ from the ground, wherever there is any."""
    seeds = (s for s in range(500) if draw_any_well(np.random.default_rng(s)).look == look)
    contrasts = []
    for seed in [next(seeds) for _ in range(6)]:
        rng = np.random.default_rng(seed)
        image, labels = simulate(draw_any_well(rng), size_px=SIZE_PX, channels=1, rng=rng)
        if (labels > 0).any() and (labels == 0).mean() > 0.1:
            cells, ground = image[labels > 0], image[labels == 0]
            contrasts.append(abs(cells.mean() - ground.mean()) + abs(cells.std() - ground.std()))
    assert contrasts
    assert np.median(contrasts) > 0.05


@pytest.mark.parametrize("outline", ["blob", "rod", "spindle", "tile"])
def test_cells_of_every_outline_are_whole_and_of_the_size_asked_for(outline: str) -> None:
    population = Population(
        outline=outline,
        diameter_px=20,
        size_spread=0.1,
        elongation=3.0,
        irregularity=0.1,
        bend=0.0,
        coverage=0.3,
        crowding=0.5,
        overlap=0.1,
    )
    labels, cells = place_cells(population, size_px=256, rng=np.random.default_rng(0))
    assert labels.max() == len(cells) > 20
    assert all(connected_components(labels == n)[1] == 1 for n in range(1, 20))
    assert np.median(diameters_px(labels)) == pytest.approx(20, rel=0.2)
    assert (labels > 0).mean() == pytest.approx(0.3, abs=0.1)
    for number, cell in enumerate(cells, start=1):
        shown = labels[cell.window] == number
        assert shown.sum() == (labels == number).sum()
        assert (cell.radius[shown] <= 1).all()
        assert shown.sum() >= 0.89 * (cell.radius <= 1).sum()


def test_textures_have_mean_zero_deviation_one_and_the_grain_asked_for() -> None:
    rng = np.random.default_rng(0)
    for field in (
        noise_field(512, grain_px=4, rng=rng),
        clouds(512, grain_px=8, rng=rng),
    ):
        assert field.dtype == np.float32
        assert field.mean() == pytest.approx(0, abs=0.05)
        assert field.std() == pytest.approx(1, abs=0.05)
    steps = [
        np.abs(np.diff(noise_field(512, grain_px=grain_px, rng=rng))).mean() for grain_px in (4, 16)
    ]
    assert steps[0] == pytest.approx(4 * steps[1], rel=0.3)


def test_other_numbers_of_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="1, 2 or 3 channels, but got 4"):
        source_dataset(count=1, size_px=64, seed=0, channels=4)
