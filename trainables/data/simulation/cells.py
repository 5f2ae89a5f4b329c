"""Simulated cells with exact labels: the embedded data set, and images to pretrain on."""

from dataclasses import dataclass

import numpy as np

from trainables.data.normalise import normalise
from trainables.data.sample import Sample
from trainables.data.simulation.looks import PAINTERS
from trainables.data.simulation.optics import Microscope, expose
from trainables.data.simulation.shapes import Outline, Population, place_cells
from trainables.spec.randomness import Randomness

IMAGES_PER_WELL = 4
"""Number of images of the embedded data set that share a well, and so form a group."""
BORDER_PX = 16
"""Ring painted around the image and cut off, so that cells reach over its edge."""
SMALLEST_PX = 12
"""Fewest pixels of a cell cut by the image's edge by which it can still be recognised."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Well:
    """All that the images of one well have in common."""

    look: str
    """One of `PAINTERS`."""
    population: Population
    microscope: Microscope
    inverted: bool
    """Whether bright and dark are exchanged."""
    style_seed: int
    """Fixes what the painter chooses for the whole well: brightness, texture, stain."""


def simulated_dataset(*, count: int, size_px: int, seed: int, channels: int = 1) -> list[Sample]:
    """The embedded data set of the quick study: crowded fluorescent nuclei, not easy ones.

    Args:
        count: number of images; every four in a row form one well and one group.
        size_px: side of the images.
        seed: fixes all of it.
        channels: 1, 2 or 3.

    Returns:
        `count` samples with exact labels. They stand for real ones, so they have no provenance.

    Raises:
        ValueError: the number of channels is not 1, 2 or 3.
    """
    randomness = Randomness((seed, "simulated"))
    samples = []
    for n in range(count):
        well = n // IMAGES_PER_WELL
        conditions = draw_nuclei_well(randomness.generator("well", well))
        image, labels = simulate(
            conditions, size_px=size_px, channels=channels, rng=randomness.generator("image", n)
        )
        samples.append(
            Sample(id=f"simulated_{n:04}", image=image, labels=labels, group=f"well_{well:03}")
        )
    return samples


def source_dataset(*, count: int, size_px: int, seed: int, channels: int) -> list[Sample]:
    """Cells of all looks, outlines and contrasts, to pretrain weights for any microscope.

    Domain randomisation: where simulated images vary more than real ones do, a real one is just
    another variation (Tobin et al. 2017, arXiv:1703.06907).

    Args:
        count: number of images, each with a well and group of its own.
        size_px: side of the images.
        seed: fixes all of it.
        channels: 1, 2 or 3.

    Returns:
        `count` samples with exact labels; cells of about 14 to 34 pixels diameter.

    Raises:
        ValueError: the number of channels is not 1, 2 or 3.
    """
    randomness = Randomness((seed, "source"))
    samples = []
    for n in range(count):
        rng = randomness.generator("image", n)
        image, labels = simulate(draw_any_well(rng), size_px=size_px, channels=channels, rng=rng)
        samples.append(
            Sample(id=f"source_{n:04}", image=image, labels=labels, group=f"source_{n:04}")
        )
    return samples


def simulate(
    well: Well, *, size_px: int, channels: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One image of a well with its labels.

    Args:
        well: what the images of the well have in common.
        size_px: side of the image.
        channels: 1, 2 or 3; a grey look in colour is tinted, a coloured one in grey averaged.
        rng: fixes the image.

    Returns:
        float32 [H, W, C] image, normalised, and int32 [H, W] labels 1, 2, ...

    Raises:
        ValueError: the number of channels is not 1, 2 or 3.
    """
    if channels not in (1, 2, 3):
        raise ValueError(f"Simulated images must have 1, 2 or 3 channels, but got {channels}.")
    side = size_px + 2 * BORDER_PX
    labels, cells = place_cells(well.population, size_px=side, rng=rng)
    style = np.random.default_rng(well.style_seed)
    scene = PAINTERS[well.look](cells, size_px=side, style=style, rng=rng)
    if well.inverted:
        scene = scene.max() - scene
    scene = _with_channels(scene, channels=channels, style=style)
    inner = slice(BORDER_PX, BORDER_PX + size_px)
    image = expose(scene, microscope=well.microscope, rng=rng)[inner, inner]
    return normalise(image), _clean(labels[inner, inner])


def draw_nuclei_well(rng: np.random.Generator) -> Well:
    """A well of the embedded data set: one cell line, one microscope, slightly different days."""
    population = Population(
        outline="blob",
        diameter_px=rng.uniform(18, 23),
        size_spread=0.2,
        elongation=1.7,
        irregularity=0.08,
        bend=0.2,
        coverage=rng.uniform(0.2, 0.4),
        crowding=rng.uniform(0.35, 0.65),
        overlap=0.05,
    )
    microscope = Microscope(
        blur_px=rng.uniform(0.8, 1.3),
        photons=rng.uniform(50, 200),
        read_noise=0.02,
        unevenness=rng.uniform(0.2, 0.6),
    )
    return Well(
        look="nuclei",
        population=population,
        microscope=microscope,
        inverted=False,
        style_seed=int(rng.integers(2**32)),
    )


def draw_any_well(rng: np.random.Generator) -> Well:
    """A well of any look, outline, density, contrast and microscope."""
    look = str(rng.choice(list(OUTLINES)))
    outline = OUTLINES[look][int(rng.integers(len(OUTLINES[look])))]
    fewest = 20 if look in FLUORESCENT else 200
    microscope = Microscope(
        blur_px=rng.uniform(0.5, 1.8),
        photons=fewest * float(np.exp(rng.uniform(0, np.log(50)))),
        read_noise=rng.uniform(0, 0.03),
        unevenness=rng.uniform(0, 0.5),
    )
    return Well(
        look=look,
        population=_draw_population(outline, rng=rng),
        microscope=microscope,
        inverted=look in INVERTIBLE and bool(rng.random() < INVERTED_SHARE),
        style_seed=int(rng.integers(2**32)),
    )


OUTLINES: dict[str, tuple[Outline, ...]] = {
    "nuclei": ("blob", "blob", "rod"),
    "cytoplasm": ("blob", "spindle", "tile"),
    "membranes": ("tile", "tile", "blob"),
    "phase": ("blob", "spindle", "rod"),
    "relief": ("blob", "spindle", "rod"),
    "rims": ("blob", "rod", "tile"),
    "stained": ("blob",),
}
"""Outlines that occur under each look; one named twice occurs twice as often."""
FLUORESCENT = ("nuclei", "cytoplasm", "membranes")
"""Looks with little light, and so more noise, than those lit from behind."""
INVERTIBLE = ("nuclei", "cytoplasm", "membranes", "phase", "rims")
"""Looks that some stain or microscope shows with dark and bright exchanged."""
INVERTED_SHARE = 0.3


def _draw_population(outline: Outline, *, rng: np.random.Generator) -> Population:
    elongation = {"blob": 2.2, "rod": 5.0, "spindle": 5.0, "tile": 1.0}[outline]
    return Population(
        outline=outline,
        diameter_px=rng.uniform(16, 30),
        size_spread=rng.uniform(0.1, 0.35),
        elongation=rng.uniform(1 + 0.4 * (elongation - 1), elongation),
        irregularity=0.0 if outline == "rod" else rng.uniform(0.0, 0.2),
        bend=rng.uniform(0, 0.6),
        coverage=rng.uniform(0.7, 1.0) if outline == "tile" else rng.uniform(0.08, 0.6),
        crowding=rng.uniform(0, 0.9),
        overlap=rng.uniform(0.02, 0.25),
    )


def _with_channels(scene: np.ndarray, *, channels: int, style: np.random.Generator) -> np.ndarray:
    """The scene in 1, 2 or 3 channels; a grey one gets a tint, strong or none."""
    if scene.shape[2] == channels:
        return scene
    if scene.shape[2] > channels:
        return scene[..., :2] if channels == 2 else scene.mean(axis=2, keepdims=True)
    tint = style.uniform(0.1, 1, channels) if style.random() < 0.5 else np.ones(channels)
    return (scene * tint).astype(np.float32)


def _clean(labels: np.ndarray) -> np.ndarray:
    """Labels 1, 2, ... without gaps, and without the slivers left at the image's edge."""
    kept = np.bincount(labels.ravel()) >= SMALLEST_PX
    kept[0] = False
    return np.where(kept, np.cumsum(kept), 0).astype(np.int32)[labels]
