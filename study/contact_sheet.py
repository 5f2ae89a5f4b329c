"""A picture of some images of a data set, with the outlines of their cells."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from skimage.segmentation import find_boundaries

from trainables.data.dataset import Dataset
from trainables.data.sample import Sample

IMAGES, COLUMNS = 12, 4
LONGEST_PX = 640
"""Larger images are shown by every n-th pixel."""
OUTLINE = (1.0, 0.85, 0.0)
UNKNOWN = (0.35, 0.35, 0.6)
"""Colour mixed into pixels about which the labels say nothing."""


def write_contact_sheet(dataset: Dataset, *, path: Path) -> None:
    """Writes a PNG of up to 12 images, from the one with fewest cells to the one with most."""
    by_cells = sorted(dataset.entries, key=lambda entry: (entry.cells, entry.id))
    chosen = np.unique(np.linspace(0, len(by_cells) - 1, IMAGES).round().astype(int))
    rows = -(-len(chosen) // COLUMNS)
    figure = Figure(figsize=(4 * COLUMNS, 4.3 * rows), dpi=100, layout="constrained")
    for place, index in enumerate(chosen, start=1):
        entry = by_cells[index]
        axes = figure.add_subplot(rows, COLUMNS, place)
        axes.imshow(outlined(dataset.reader(entry.id)()), interpolation="nearest")
        # A $ in a file name is not the start of a formula.
        title = f"{entry.id[:32]}\n{entry.cells} cells, {entry.width} x {entry.height}"
        axes.set_title(title, fontsize=9, parse_math=False)
        axes.set_axis_off()
    figure.savefig(path)


def outlined(sample: Sample) -> np.ndarray:
    """The image with the outlines of its cells drawn in.

    Returns:
        float32 [H, W, 3] in [0, 1], at most `LONGEST_PX` a side.
    """
    step = -(-max(sample.labels.shape) // LONGEST_PX)
    image = np.clip(sample.image[::step, ::step], 0, 1)
    labels = sample.labels[::step, ::step]
    picture = np.zeros((*labels.shape, 3), np.float32)
    picture[:] = image if image.shape[2] in (1, 3) else np.pad(image, ((0, 0), (0, 0), (0, 1)))
    picture[labels < 0] = 0.5 * picture[labels < 0] + 0.5 * np.asarray(UNKNOWN)
    picture[find_boundaries(np.maximum(labels, 0), mode="inner")] = OUTLINE
    return picture
