"""Simulated cells, second step: how they look, before the microscope blurs them and adds noise.

Every look is one painter. `style` is a generator that starts the same for each image of a well,
so what is drawn from it (brightness, texture, stain) is shared by the well; what is drawn from
`rng` differs from cell to cell.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from scipy.ndimage import gaussian_filter

from trainables.data.simulation.shapes import Cell
from trainables.data.simulation.texture import clouds, noise_field

Cells = Sequence[Cell]
Generator = np.random.Generator

HAEMATOXYLIN = np.array([0.65, 0.70, 0.29])
EOSIN = np.array([0.07, 0.99, 0.11])
"""Optical density of each stain in red, green and blue (Ruifrok & Johnston 2001)."""


class Painter(Protocol):
    """Paints cells on a square of `size_px`: float32 [H, W, 1] or [H, W, 3], 0 black, 1 bright."""

    def __call__(
        self, cells: Cells, *, size_px: int, style: Generator, rng: Generator
    ) -> np.ndarray: ...


def paint_nuclei(cells: Cells, *, size_px: int, style: Generator, rng: Generator) -> np.ndarray:
    """Fluorescent nuclei: bright and dim, grainy, brighter where they overlap, debris, haze."""
    spread, grain_px = style.uniform(0.2, 0.55), style.uniform(2, 5)
    depth, flatness = style.uniform(0.08, 0.3), style.uniform(0.3, 0.9)
    haze, ghost = style.uniform(0.02, 0.12), style.uniform(0.0, 0.2)
    glow = _sum(
        cells,
        lambda r: flatness + (1 - flatness) * _dome(r),
        size_px=size_px,
        weights=np.exp(spread * rng.standard_normal(len(cells))),
    )
    grains = clouds(size_px, grain_px=2 * grain_px, octaves=2, rng=rng)
    scene = 0.6 * glow * np.clip(1 + depth * grains, 0.3, None)
    scene += ghost * _out_of_focus(glow, rng=rng)
    scene += _specks(size_px, count=int(rng.integers(0, 12)), radius_px=1.2, rng=rng) * 0.5
    scene += haze * (1 + 0.4 * clouds(size_px, grain_px=size_px / 4, rng=rng))
    return scene[..., None]


def paint_cytoplasm(cells: Cells, *, size_px: int, style: Generator, rng: Generator) -> np.ndarray:
    """Fluorescent cell bodies: mottled, thin at the edge, with a dark or bright nucleus."""
    nucleus, size = style.choice([-0.7, -0.4, 0.5, 1.0]), style.uniform(0.3, 0.5)
    depth, grain_px = style.uniform(0.15, 0.4), style.uniform(3, 8)
    thinness, haze = style.uniform(0.3, 1.0), style.uniform(0.02, 0.2)
    levels = np.exp(0.4 * rng.standard_normal(len(cells)))
    body = _sum(
        cells,
        lambda r: (1 - thinness + thinness * _dome(r)) * (1 + nucleus * _step(size - r)),
        size_px=size_px,
        weights=levels,
    )
    mottled = np.clip(1 + depth * clouds(size_px, grain_px=grain_px, rng=rng), 0.2, None)
    scene = 0.6 * body * mottled + haze * (1 + 0.3 * clouds(size_px, grain_px=size_px / 4, rng=rng))
    return scene[..., None]


def paint_membranes(cells: Cells, *, size_px: int, style: Generator, rng: Generator) -> np.ndarray:
    """Stained membranes: bright outlines of uneven strength around darker insides."""
    width, inside = style.uniform(0.12, 0.3), style.uniform(0.05, 0.35)
    outline = _sum(
        cells,
        lambda r: inside + np.exp(-(((1 - r) / width) ** 2)),
        size_px=size_px,
        weights=np.exp(0.25 * rng.standard_normal(len(cells))),
    )
    uneven = np.clip(1 + 0.3 * clouds(size_px, grain_px=12, rng=rng), 0.2, None)
    haze = 0.1 * (1 + 0.4 * clouds(size_px, grain_px=size_px / 4, rng=rng))
    return (0.6 * outline * uneven + haze)[..., None]


def paint_phase(cells: Cells, *, size_px: int, style: Generator, rng: Generator) -> np.ndarray:
    """Phase contrast: dark or bright bodies with granules, each in a halo of the other sign.

    The microscope shows optical thickness less its own surroundings, which is what gives the
    halo and the shade-off inside wide cells (Yin et al. 2012, doi:10.1016/j.media.2011.12.006).
    """
    halo_px, strength = style.uniform(3, 9), style.uniform(0.25, 0.7)
    granules, grain_px = style.uniform(0.15, 0.7), style.uniform(2, 4)
    rounded = style.choice([0.0, 0.1, 1.0], p=[0.5, 0.35, 0.15])
    signs = np.where(rng.random(len(cells)) < rounded, -1.5, 1.0)
    weights = signs * np.exp(0.3 * rng.standard_normal(len(cells)))
    nucleus = style.uniform(-0.5, 0.5)
    thickness = _sum(
        cells,
        lambda r: (0.5 + 0.5 * _dome(r)) * (1 + nucleus * _step(0.4 - r)),
        size_px=size_px,
        weights=weights,
    )
    grains = clouds(size_px, grain_px=2 * grain_px, octaves=2, rng=rng)
    thickness += granules * np.abs(thickness) * grains
    thickness += 0.7 * _specks(size_px, count=int(rng.integers(0, 10)), radius_px=1.5, rng=rng)
    surroundings = gaussian_filter(thickness, halo_px, truncate=3)
    scene = 0.5 - strength * (thickness - style.uniform(0.7, 1.0) * surroundings)
    scene += 0.03 * clouds(size_px, grain_px=20, octaves=4, rng=rng)
    return scene[..., None]


def paint_relief(cells: Cells, *, size_px: int, style: Generator, rng: Generator) -> np.ndarray:
    """Differential interference contrast: cells in relief, lit from one side."""
    angle, strength = style.uniform(0, 2 * np.pi), style.uniform(0.6, 1.8)
    thickness = _sum(
        cells,
        _dome,
        size_px=size_px,
        weights=np.exp(0.3 * rng.standard_normal(len(cells))),
    )
    grains = clouds(size_px, grain_px=style.uniform(4, 8), octaves=2, rng=rng)
    thickness *= 1 + style.uniform(0.05, 0.25) * grains
    down, right = np.gradient(gaussian_filter(thickness, 1.0))
    scene = 0.5 + strength * (np.sin(angle) * down + np.cos(angle) * right)
    scene += 0.03 * clouds(size_px, grain_px=20, octaves=4, rng=rng)
    return scene[..., None]


def paint_rims(cells: Cells, *, size_px: int, style: Generator, rng: Generator) -> np.ndarray:
    """Unstained brightfield: little contrast inside, a dark outline with a bright one beside it."""
    width, side = style.uniform(0.1, 0.2), style.choice([-1.0, 1.0])
    dark, bright = style.uniform(0.2, 0.5), style.uniform(0.1, 0.4)
    inside = style.uniform(-0.12, 0.12)
    rims = _sum(
        cells,
        lambda r: (
            inside
            - dark * np.exp(-(((1 - r) / width) ** 2))
            + bright * np.exp(-(((1 - 2 * width - r) / width) ** 2))
        ),
        size_px=size_px,
        weights=np.exp(0.25 * rng.standard_normal(len(cells))),
    )
    body = _sum(cells, np.ones_like, size_px=size_px, weights=np.ones(len(cells)))
    grains = clouds(size_px, grain_px=style.uniform(4, 10), octaves=2, rng=rng)
    scene = 0.6 + side * rims + style.uniform(0.02, 0.1) * np.minimum(body, 1) * grains
    scene += 0.02 * clouds(size_px, grain_px=size_px / 4, octaves=4, rng=rng)
    return scene[..., None]


def paint_stained(cells: Cells, *, size_px: int, style: Generator, rng: Generator) -> np.ndarray:
    """Stained tissue in colour: dark nuclei with grainy chromatin on fibrous ground, with gaps.

    Light passes two dyes, each dimming it by its optical density (Beer-Lambert).
    """
    dyes = [dye * style.uniform(0.75, 1.3, 3) for dye in (HAEMATOXYLIN, EOSIN)]
    ground, contrast = style.uniform(0.15, 0.6), style.uniform(0.7, 1.5)
    rim, depth = style.uniform(0.0, 0.4), style.uniform(0.1, 0.35)
    nuclei = _sum(
        cells,
        lambda r: 1 - rim + rim * r**2,
        size_px=size_px,
        weights=np.exp(0.3 * rng.standard_normal(len(cells))),
    )
    nuclei *= 1 + depth * clouds(size_px, grain_px=style.uniform(3, 8), octaves=2, rng=rng)
    fibres = clouds(size_px, grain_px=style.uniform(15, 40), octaves=4, rng=rng)
    gaps = _step(noise_field(size_px, grain_px=40, rng=rng) - style.uniform(0.8, 2.0), width=0.1)
    eosin = ground * np.clip(1 + 0.4 * fibres, 0.1, None) * (1 - 0.9 * gaps)
    haematoxylin = contrast * np.clip(nuclei, 0, 2) + 0.15 * eosin
    density = haematoxylin[..., None] * dyes[0] + eosin[..., None] * dyes[1]
    return np.exp(-density).astype(np.float32)


PAINTERS: dict[str, Painter] = {
    "nuclei": paint_nuclei,
    "cytoplasm": paint_cytoplasm,
    "membranes": paint_membranes,
    "phase": paint_phase,
    "relief": paint_relief,
    "rims": paint_rims,
    "stained": paint_stained,
}
"""Every look there is."""


def _sum(
    cells: Cells,
    profile: Callable[[np.ndarray], np.ndarray],
    *,
    size_px: int,
    weights: np.ndarray,
) -> np.ndarray:
    """Sum over all cells of a weight times a profile of the radius, 0 outside."""
    total = np.zeros((size_px, size_px), np.float32)
    for cell, weight in zip(cells, weights, strict=True):
        inside = cell.radius <= 1
        total[cell.window] += np.float32(weight) * profile(cell.radius) * inside
    return total


def _dome(radius: np.ndarray) -> np.ndarray:
    """Thickness of a ball: 1 in the middle, 0 on the outline."""
    return np.sqrt(np.clip(1 - radius**2, 0, 1))


def _step(height: np.ndarray, *, width: float = 0.1) -> np.ndarray:
    """A soft step from 0 to 1 where `height` passes 0."""
    return np.clip(0.5 + height / (2 * width), 0, 1)


def _out_of_focus(glow: np.ndarray, *, rng: Generator) -> np.ndarray:
    """Blurred light of cells above and below the focal plane, which nobody would annotate."""
    shift = rng.integers(0, glow.shape[0], size=2)
    return gaussian_filter(np.roll(glow, tuple(shift), (0, 1)), rng.uniform(5, 10), truncate=2)


def _specks(size_px: int, *, count: int, radius_px: float, rng: Generator) -> np.ndarray:
    """Small bright spots: dust and fragments, which are no cells."""
    specks = np.zeros((size_px, size_px), np.float32)
    rows, columns = rng.integers(0, size_px, (2, count))
    specks[rows, columns] = rng.uniform(5, 20, count)
    return gaussian_filter(specks, radius_px * rng.uniform(0.6, 1.2), truncate=3)
