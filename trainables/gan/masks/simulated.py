"""Instance maps of simulated cells that resemble the annotated ones of an image."""

import dataclasses

import numpy as np
from skimage.measure import regionprops_table

from trainables.data.simulation.shapes import Outline, Population, place_cells
from trainables.gan.masks.arrange import arrange, cell_shapes, placed_share

MARGIN_DIAMETERS = 1.0
"""Ring around the map, in cell diameters, so that cells reach over its edge."""
SHEET_COVERAGE = 0.9
"""Cells that cover more than this share of the image are a closed sheet."""
ROD_ELONGATION = 2.5
"""Cells that are longer than this many times their width are rods."""
SMALLEST_DIAMETER_PX = 4.0
SHAPES = 32
"""Approximate number of cells simulated for a map, to be rotated and placed."""
APART = 0.2
"""Coverage at which these cells are simulated."""
LARGEST_DENTS = 0.3
"""Upper bound of the irregularity: deeper dents come from wrong outlines."""


def simulate_mask(
    labels: np.ndarray, *, crop_px: int, touching: float, rng: np.random.Generator
) -> np.ndarray:
    """int32 [P, P]: simulated cells like those of an annotated image, touching as often.

    Where there is no room to place cells as far apart as asked, as in a closed layer, they are
    grown where they fall.

    Args:
        labels: int32 [H, W] with at least one cell.
        crop_px: side P.
        touching: share of the cells that are to touch another one.
        rng: fixes the map.
    """
    population = fit_population(labels, touching=touching)
    shapes = _shapes(population, rng) if population.outline != "tile" else []
    if shapes:
        arranged = arrange(
            shapes,
            crop_px=crop_px,
            coverage=population.coverage,
            touching=placed_share(touching),
            rng=rng,
            zoom=1.0,
        )
        if arranged is not None:
            return arranged
    margin = int(np.ceil(MARGIN_DIAMETERS * population.diameter_px))
    made, _ = place_cells(population, size_px=crop_px + 2 * margin, rng=rng)
    return made[margin : margin + crop_px, margin : margin + crop_px]


def _shapes(population: Population, rng: np.random.Generator) -> list[np.ndarray]:
    """bool [h, w] of cells simulated far apart, so that none is cut."""
    apart = dataclasses.replace(population, coverage=APART, crowding=0.0, overlap=0.0)
    size_px = int(np.ceil(population.diameter_px * np.sqrt(SHAPES / APART)))
    return cell_shapes(place_cells(apart, size_px=size_px, rng=rng)[0])


def fit_population(labels: np.ndarray, *, touching: float) -> Population:
    """Size, elongation, dents and density of the annotated cells of one image.

    Cells cut by the image's edge are left out, unless there are no others.
    """
    cells = _measure(labels)
    diameters = np.maximum(cells["equivalent_diameter_area"], SMALLEST_DIAMETER_PX)
    elongation = float(np.mean(_elongations(cells)))
    coverage = float((labels > 0).mean() / max((labels >= 0).mean(), 1e-9))
    return Population(
        outline=_outline(elongation, coverage),
        diameter_px=float(np.median(diameters)),
        size_spread=float(np.std(np.log(diameters))),
        elongation=max(2 * elongation - 1, 1.0),  # the simulation's mean lies half way up from 1
        irregularity=float(np.clip(1 - np.mean(_fullness(cells)), 0, LARGEST_DENTS)),
        bend=0.0,
        coverage=coverage,
        crowding=touching,
        overlap=0.1,
    )


def _measure(labels: np.ndarray) -> dict[str, np.ndarray]:
    cells = np.maximum(labels, 0)
    inside = _without_border(cells)
    names = ("equivalent_diameter_area", "axis_major_length", "axis_minor_length")
    table: dict[str, np.ndarray] = regionprops_table(
        inside if inside.any() else cells, properties=names
    )
    return table


def _without_border(cells: np.ndarray) -> np.ndarray:
    """The label image without cells that touch the image's edge."""
    edge = np.unique(np.concatenate([cells[0], cells[-1], cells[:, 0], cells[:, -1]]))
    return np.where(np.isin(cells, edge), 0, cells)


def _elongations(cells: dict[str, np.ndarray]) -> np.ndarray:
    """Length divided by width; a line of pixels has a width of one."""
    return (cells["axis_major_length"] + 1) / (cells["axis_minor_length"] + 1)


def _fullness(cells: dict[str, np.ndarray]) -> np.ndarray:
    """Area of each cell as a share of the ellipse with the same moments; below 1 for dents."""
    squares = cells["equivalent_diameter_area"] ** 2
    return squares / np.maximum(cells["axis_major_length"] * cells["axis_minor_length"], squares)


def _outline(elongation: float, coverage: float) -> Outline:
    if coverage > SHEET_COVERAGE:
        return "tile"
    return "rod" if elongation > ROD_ELONGATION else "blob"
