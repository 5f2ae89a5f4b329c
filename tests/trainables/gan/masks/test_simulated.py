import numpy as np
import pytest

from tests.trainables.gan.cells import RADIUS_PX, make_grid, make_labels
from trainables.data.simulation.shapes import Population, place_cells
from trainables.gan.masks.simulated import fit_population, simulate_mask
from trainables.gan.masks.sources import touching_share


def made(**changes: object) -> np.ndarray:
    plain = {
        "outline": "blob",
        "diameter_px": 20.0,
        "size_spread": 0.15,
        "elongation": 1.0,
        "irregularity": 0.0,
        "bend": 0.0,
        "coverage": 0.25,
        "crowding": 0.0,
        "overlap": 0.0,
    }
    population = Population(**(plain | changes))  # type: ignore[arg-type]
    return place_cells(population, size_px=400, rng=np.random.default_rng(0))[0]


def test_a_population_is_found_again() -> None:
    found = fit_population(made(elongation=2.0), touching=0.1)
    assert found.outline == "blob"
    assert found.diameter_px == pytest.approx(20, rel=0.1)
    assert found.size_spread == pytest.approx(0.15, abs=0.06)
    assert found.elongation == pytest.approx(2.0, rel=0.2)
    assert found.coverage == pytest.approx(0.25, abs=0.05)
    assert found.crowding == 0.1


def test_long_cells_are_rods_and_closed_layers_sheets() -> None:
    assert fit_population(made(outline="rod", elongation=6.0), touching=0).outline == "rod"
    sheet = fit_population(made(outline="tile", coverage=1.0), touching=1)
    assert sheet.outline == "tile"


def test_unknown_pixels_do_not_count_as_empty_ground() -> None:
    labels = make_labels()
    hidden = labels.copy()
    hidden[:, 50:][hidden[:, 50:] == 0] = -1
    known = float((labels > 0).sum() / (hidden >= 0).sum())
    assert fit_population(hidden, touching=0).coverage == pytest.approx(known)


def test_simulated_discs_have_the_size_of_the_annotated_ones() -> None:
    labels = simulate_mask(make_labels(), crop_px=128, touching=0.4, rng=np.random.default_rng(0))
    sizes = np.bincount(labels.ravel())[1:]
    assert np.median(sizes[sizes > 0]) == pytest.approx(np.pi * RADIUS_PX**2, rel=0.2)


@pytest.mark.parametrize("share", [0.25, 0.6])
def test_simulated_cells_touch_as_often_as_asked(share: float) -> None:
    rng = np.random.default_rng(0)
    labels = make_grid(pitch_px=26).labels
    masks = [simulate_mask(labels, crop_px=128, touching=share, rng=rng) for _ in range(8)]
    assert np.mean([touching_share(mask) for mask in masks]) == pytest.approx(share, abs=0.1)


def test_one_cell_of_a_line_of_pixels_is_no_problem() -> None:
    labels = np.zeros((32, 32), np.int32)
    labels[10, 5:9] = 1
    made_labels = simulate_mask(labels, crop_px=32, touching=0, rng=np.random.default_rng(0))
    assert made_labels.shape == (32, 32)
