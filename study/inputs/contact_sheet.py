"""A picture of some images of a data set, and of some tied ones, with outlines of their cells."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage.segmentation import find_boundaries

from trainables.data.bands import band_rows
from trainables.data.opening.dataset import Dataset, Entry
from trainables.data.sample import Sample

IMAGES, COLUMNS = 12, 4
PANEL_PX, GAP_PX, TITLE_PX, TEXT_PX = 400, 10, 44, 15
"""Longest side of an image in the picture, the space between and above images, and text size."""
TIED_SETS, OF_EACH = 4, 2
"""Sets of tied images that are shown, and how many images of each."""
NAME_WIDTH = 40
DARK_MEDIAN, DARK_GAMMA = 0.15, 0.6
"""Images with a darker median are brightened, so that faint cells can be seen."""
OUTLINE = (255, 217, 0)
UNKNOWN = (90, 90, 155)
"""Colour mixed into pixels whose label is unknown."""


def write_contact_sheet(
    dataset: Dataset, *, path: Path, tied: Sequence[tuple[str, ...]] = ()
) -> None:
    """Writes a PNG of up to 12 images, from the one with the fewest cells to that with the most.

    Args:
        dataset: the images.
        path: of the PNG.
        tied: sets of ids of images that show the same place; a few of them are added below.
    """
    panels = [_panel(dataset.reader(entry.id)(), title) for entry, title in _chosen(dataset)]
    rows = [panels[start : start + COLUMNS] for start in range(0, len(panels), COLUMNS)]
    sheet = [_row(row) for row in rows]
    pairs = [_panel(dataset.reader(name)(), title) for name, title in _of_sets(tied)]
    if pairs:
        text = "Copies, or overlapping or adjoining crops: each set is kept on one side of a split"
        sheet.append(_heading(text))
        rows = [pairs[start : start + COLUMNS] for start in range(0, len(pairs), COLUMNS)]
        sheet += [_row(row) for row in rows]
    Image.fromarray(np.concatenate(sheet)).save(path)


def outlined(sample: Sample, *, longest_px: int = PANEL_PX) -> np.ndarray:
    """The image with the outlines of its cells drawn in.

    Outlines are one pixel wide at the size shown, so that none is lost in resizing.

    Returns:
        uint8 [H, W, 3], its longer side `longest_px`.
    """
    scale = longest_px / max(sample.labels.shape)
    height, width = (max(1, round(side * scale)) for side in sample.labels.shape)
    rows = (np.arange(height) / scale).astype(int).clip(max=sample.labels.shape[0] - 1)
    columns = (np.arange(width) / scale).astype(int).clip(max=sample.labels.shape[1] - 1)
    labels = sample.labels[np.ix_(rows, columns)]
    picture = _shown(sample.image, (width, height), shrinks=scale < 1)
    unknown = (labels < 0) & (labels >= 0).any()  # an image without any labels is shown as it is
    picture[unknown] = picture[unknown] // 2 + np.array(UNKNOWN, np.uint8) // 2
    picture[find_boundaries(np.maximum(labels, 0), mode="inner")] = OUTLINE
    return picture


def _chosen(dataset: Dataset) -> Iterator[tuple[Entry, str]]:
    """Images evenly spaced by their number of cells, with their titles."""
    by_cells = sorted(dataset.entries, key=lambda entry: (entry.cells, entry.id))
    places = np.linspace(0, len(by_cells) - 1, min(IMAGES, len(by_cells))).round().astype(int)
    for entry in (by_cells[place] for place in places):
        yield entry, f"{_short(entry.id)}\n{entry.cells} cells, {entry.width} x {entry.height} px"


def _of_sets(tied: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """The first images of sets of all sizes, with their titles."""
    places = np.linspace(0, len(tied) - 1, min(TIED_SETS, len(tied))).round().astype(int)
    for number, names in enumerate((tied[place] for place in places), start=1):
        for name in names[:OF_EACH]:
            yield name, f"{_short(name)}\nset {number}, {len(names)} images"


def _short(name: str) -> str:
    return name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "…"


def _shown(image: np.ndarray, size: tuple[int, int], *, shrinks: bool) -> np.ndarray:
    """uint8 [H, W, 3] from float32 [H, W, C]; two channels become red and green."""
    picture = _shrunk(image, size) if shrinks else _enlarged(image, size)
    picture = np.clip(picture.reshape(size[1], size[0], -1), 0, 1)
    if np.median(picture) < DARK_MEDIAN:
        picture = picture**DARK_GAMMA
    if picture.shape[2] == 2:
        picture = np.pad(picture, ((0, 0), (0, 0), (0, 1)))
    return (255 * np.broadcast_to(picture, (size[1], size[0], 3))).astype(np.uint8)


def _enlarged(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(image[:], size, interpolation=cv2.INTER_NEAREST)


def _shrunk(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Means over the area of each pixel shown; a large image is read in bands of rows."""
    width, height = size
    edges = np.linspace(0, image.shape[0], height + 1).round().astype(int)
    bands = band_rows((height, image.shape[0] * image.shape[1] // height))
    parts = [
        cv2.resize(
            image[edges[band.start] : edges[band.stop]],
            (width, band.stop - band.start),
            interpolation=cv2.INTER_AREA,
        )
        for band in bands
    ]
    return np.concatenate(parts)


def _panel(sample: Sample, title: str) -> np.ndarray:
    """uint8 [H, W, 3] of fixed size: a title above an image."""
    canvas = Image.new("RGB", (PANEL_PX + GAP_PX, PANEL_PX + TITLE_PX + GAP_PX), "white")
    canvas.paste(Image.fromarray(outlined(sample)), (GAP_PX // 2, TITLE_PX))
    _write(canvas, title)
    return np.asarray(canvas)


def _row(panels: Sequence[np.ndarray]) -> np.ndarray:
    """Panels side by side; an incomplete row is padded with white."""
    empty = np.full_like(panels[0], 255)
    return np.concatenate([*panels, *[empty] * (COLUMNS - len(panels))], axis=1)


def _heading(text: str) -> np.ndarray:
    canvas = Image.new("RGB", (COLUMNS * (PANEL_PX + GAP_PX), TITLE_PX), "white")
    _write(canvas, "\n" + text)
    return np.asarray(canvas)


def _write(canvas: Image.Image, text: str) -> None:
    font = ImageFont.load_default(TEXT_PX)
    ImageDraw.Draw(canvas).multiline_text((GAP_PX // 2, 4), text, fill="black", font=font)
