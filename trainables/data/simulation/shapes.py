"""Simulated cells, first step: their number, sizes, shapes and places."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.ndimage import distance_transform_edt, find_objects, map_coordinates, maximum
from scipy.ndimage import label as connected_components
from scipy.spatial import cKDTree

from trainables.data.simulation.texture import noise_field

Outline = Literal["blob", "rod", "spindle", "tile"]

ATTEMPTS_PER_CELL = 8
"""Places tried per cell needed to reach the coverage."""
ANGLES = 361
"""Directions in which an outline is computed, one a degree."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """What the cells of one well have in common."""

    outline: Outline
    """`blob`: star-like; `rod`: bacteria; `spindle`: pointed ends; `tile`: a closed cell sheet."""
    diameter_px: float
    """Median equivalent diameter."""
    size_spread: float
    """Standard deviation of the logarithm of the diameter."""
    elongation: float
    """Largest ratio of length to width, at least 1."""
    irregularity: float
    """Depth of the dents in the outline, as a share of the radius."""
    bend: float
    """How strongly the long axis is curved; 0 is straight."""
    coverage: float
    """Share of the image to be covered by cells, where there is room; in [0, 1]."""
    crowding: float
    """Share of cells placed next to another one."""
    overlap: float
    """Largest share of a cell that may lie beneath others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One placed cell, as painters see it."""

    window: tuple[slice, slice]
    """Where it lies in the image."""
    radius: np.ndarray
    """float32 [h, w]: 0 at the centre, 1 on the outline, above 1 outside."""
    centre: tuple[float, float]
    """Row and column in the image."""
    radius_px: float
    """Half the equivalent diameter."""


def place_cells(
    population: Population, *, size_px: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[Cell]]:
    """Cells of a population on a square.

    Args:
        population: shape, size and density.
        size_px: side of the square.
        rng: fixes the cells.

    Returns:
        int32 [H, W] labels, where a cell beneath others has only its visible part, and the cells
        with their whole shape, cell n first for label n + 1.
    """
    if population.outline == "tile":
        return _tile_sheet(population, size_px=size_px, rng=rng)
    labels = np.zeros((size_px, size_px), np.int32)
    cells: list[Cell] = []
    taken_px, wanted_px = 0, population.coverage * size_px**2
    attempts = int(ATTEMPTS_PER_CELL * wanted_px / (0.785 * population.diameter_px**2)) + 1
    for _ in range(attempts):
        if taken_px >= wanted_px:
            break
        radius_px = _draw_radius(population, rng=rng)
        centre = _draw_centre(population, cells, radius_px=radius_px, size_px=size_px, rng=rng)
        if labels[int(centre[0]), int(centre[1])]:
            continue  # it would lie beneath another cell, and drawing it costs most of the time
        cell = _draw_cell(population, centre, radius_px=radius_px, size_px=size_px, rng=rng)
        visible = _visible(cell, labels, overlap=population.overlap)
        if visible is not None:
            cells.append(cell)
            labels[cell.window][visible] = len(cells)
            taken_px += int(visible.sum())
    return labels, cells


def _visible(cell: Cell, labels: np.ndarray, *, overlap: float) -> np.ndarray | None:
    """Pixels of the cell that no other covers; None if they are too few or not connected."""
    inside = cell.radius <= 1
    visible = inside & (labels[cell.window] == 0)
    if visible.sum() < max((1 - overlap) * inside.sum(), 1):
        return None
    return visible if connected_components(visible)[1] == 1 else None


def _draw_radius(population: Population, *, rng: np.random.Generator) -> float:
    """Half an equivalent diameter, log-normal without its far ends."""
    median_px = population.diameter_px / 2
    drawn_px = median_px * np.exp(population.size_spread * rng.standard_normal())
    return float(np.clip(drawn_px, median_px / 2.5, median_px * 2))


def _draw_cell(
    population: Population,
    centre: tuple[float, float],
    *,
    radius_px: float,
    size_px: int,
    rng: np.random.Generator,
) -> Cell:
    stretch = float(np.sqrt(1 + (population.elongation - 1) * rng.beta(2, 2)))
    reach_px = 1.35 * stretch * radius_px + 1
    window = _window(centre, reach_px=reach_px, size_px=size_px)
    y, x = (
        np.arange(side.start, side.stop, dtype=np.float32) - np.float32(middle)
        for side, middle in zip(window, centre, strict=True)
    )
    cosine, sine = np.cos(angle := rng.uniform(0, 2 * np.pi)), np.sin(angle)
    along = (cosine * x + sine * y[:, None]) / (radius_px * stretch)
    across = (cosine * y[:, None] - sine * x) / (radius_px / stretch)
    across = across + population.bend * rng.uniform(-1, 1) * (along**2 - 0.3)
    radius = PROFILES[population.outline](along, across, stretch**2)
    radius = radius / _dents(along, across, depth=population.irregularity, rng=rng)
    return Cell(window=window, radius=radius.astype(np.float32), centre=centre, radius_px=radius_px)


def _draw_centre(
    population: Population,
    others: list[Cell],
    *,
    radius_px: float,
    size_px: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Anywhere in the image, or against a cell that is there already."""
    if not others or rng.random() >= population.crowding:
        return rng.uniform(0, size_px - 1), rng.uniform(0, size_px - 1)
    other = others[int(rng.integers(len(others)))]
    angle = rng.uniform(0, 2 * np.pi)
    distance_px = (other.radius_px + radius_px) * rng.uniform(0.75, 1.05)
    row = other.centre[0] + distance_px * np.sin(angle)
    column = other.centre[1] + distance_px * np.cos(angle)
    return float(np.clip(row, 0, size_px - 1)), float(np.clip(column, 0, size_px - 1))


def _window(centre: tuple[float, float], *, reach_px: float, size_px: int) -> tuple[slice, slice]:
    rows, columns = (
        slice(max(int(middle - reach_px), 0), min(int(middle + reach_px) + 2, size_px))
        for middle in centre
    )
    return rows, columns


def _ellipse(along: np.ndarray, across: np.ndarray, elongation: float) -> np.ndarray:
    return np.hypot(along, across)


def _rod(along: np.ndarray, across: np.ndarray, elongation: float) -> np.ndarray:
    """A straight piece with half a circle at each end."""
    beyond = np.maximum(np.abs(along) * elongation - (elongation - 1), 0)
    return np.hypot(beyond, across)


def _spindle(along: np.ndarray, across: np.ndarray, elongation: float) -> np.ndarray:
    """Two arcs that meet in pointed ends."""
    return np.sqrt(along**2 + np.abs(across))


Profile = Callable[[np.ndarray, np.ndarray, float], np.ndarray]

PROFILES: dict[str, Profile] = {
    "blob": _ellipse,
    "rod": _rod,
    "spindle": _spindle,
}
"""Radius of each outline from the place along and across the cell and its elongation."""


def _dents(
    along: np.ndarray, across: np.ndarray, *, depth: float, rng: np.random.Generator
) -> np.ndarray:
    """Radius of the outline in each direction: 1 plus a few random waves around the cell."""
    orders = np.arange(2, 6)[:, None]
    heights = 1.5 * depth * rng.standard_normal(orders.shape) / orders
    phases = rng.uniform(0, 2 * np.pi, orders.shape)
    angles = np.linspace(-np.pi, np.pi, ANGLES)
    outline = 1 + (heights * np.cos(orders * angles + phases)).sum(axis=0)
    nearest = (np.arctan2(across, along) / np.pi + 1) * (ANGLES - 1) / 2
    return np.clip(outline, 0.5, 1.3).astype(np.float32)[nearest.astype(np.intp)]


def _tile_sheet(
    population: Population, *, size_px: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[Cell]]:
    """A sheet of cells without gaps but for holes: Voronoi cells of jittered points, wavy edges."""
    pitch_px = population.diameter_px * 0.95
    steps = np.arange(-1, size_px / pitch_px + 1)
    points = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=2).reshape(-1, 2)
    points = (points + rng.uniform(-0.45, 0.45, points.shape)) * pitch_px
    depth_px = population.irregularity / 2 * pitch_px
    rows, columns = (
        steps_px + depth_px * noise_field(size_px, grain_px=pitch_px / 2, rng=rng)
        for steps_px in np.mgrid[:size_px, :size_px]
    )
    nearest = cKDTree(points).query(np.stack([rows, columns], axis=2))[1]
    holes = noise_field(size_px, grain_px=3 * pitch_px, rng=rng)
    height = map_coordinates(holes, np.clip(points, 0, size_px - 1).T, order=1)
    present = height <= np.quantile(height, population.coverage)
    labels = np.where(present[nearest], nearest + 1, 0).astype(np.int32)
    return _cells_of(labels)


def _cells_of(labels: np.ndarray) -> tuple[np.ndarray, list[Cell]]:
    """Labels 1, 2, ... without gaps, and the cell of each, its radius by distance to the edge."""
    values, compact = np.unique(labels, return_inverse=True)
    labels = compact.reshape(labels.shape).astype(np.int32) + (0 if values[0] == 0 else 1)
    padded = np.pad(labels, 1, mode="edge")
    edge = (padded[1:-1, 1:-1] != padded[2:, 1:-1]) | (padded[1:-1, 1:-1] != padded[1:-1, 2:])
    depth = distance_transform_edt(~edge & (labels > 0))
    deepest = maximum(depth, labels, np.arange(labels.max() + 1))
    radius = (1 - depth / np.maximum(deepest[labels], 1)).astype(np.float32)
    cells = []
    for number, window in enumerate(find_objects(labels), start=1):
        inside = labels[window] == number
        cells.append(
            Cell(
                window=window,
                radius=np.where(inside, radius[window], np.float32(2)),
                centre=(
                    (window[0].start + window[0].stop) / 2,
                    (window[1].start + window[1].stop) / 2,
                ),
                radius_px=float(np.sqrt(inside.sum() / np.pi)),
            )
        )
    return labels, cells
