"""Labels new images with a trained model."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tifffile

from trainables.data.files import read_image
from trainables.data.normalise import Normalised, normalised
from trainables.model import Model

SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp")
BAND_PX = 1024
"""Rows of an image that are looked at together."""


def predict_images(model: Model, paths: Sequence[Path], *, out: Path) -> Iterator[Path]:
    """Writes one label image for each image, with `_labels.tif` in place of its suffix.

    Args:
        paths: images, or folders of images.
        out: folder for the label images, uint16 or, above 65,535 cells, int32.

    Yields:
        The path of each label image once it is written.

    Raises:
        ValueError: an image cannot be read, has more channels than the model was trained on, or
            two images would write the same file.
    """
    files = list(_images(paths))
    _refuse_clash(files)
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        labels = predict_file(model, file)
        target = out / f"{file.stem}_labels.tif"
        tifffile.imwrite(target, _smallest(labels), compression="zlib")
        yield target


def predict_file(model: Model, file: Path) -> np.ndarray:
    """int32 [H, W] labels of one image file."""
    pixels = read_image(file)
    if pixels.shape[2] > model.channels and _is_grey(normalised(pixels)):
        pixels = pixels[:, :, :1]
    if pixels.shape[2] > model.channels:
        raise ValueError(
            f"{file} has {pixels.shape[2]} channels, but the model was trained on images of "
            f"{model.channels}: give it images like those of the study."
        )
    return model.predict(normalised(pixels, channels=model.channels))


def _images(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            if not found:
                raise ValueError(f"{path} holds no image ({', '.join(SUFFIXES)}).")
            yield from found
        elif path.exists():
            yield path
        else:
            raise ValueError(f"There is no image {path}.")


def _refuse_clash(files: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        if file.stem in seen:
            raise ValueError(
                f"{seen[file.stem]} and {file} would both write {file.stem}_labels.tif: label "
                f"them into different folders."
            )
        seen[file.stem] = file


def _is_grey(image: Normalised) -> bool:
    bands = (image[top : top + BAND_PX] for top in range(0, image.shape[0], BAND_PX))
    return all(bool((band == band[:, :, :1]).all()) for band in bands)


def _smallest(labels: np.ndarray) -> np.ndarray:
    return labels.astype(np.uint16) if labels.max(initial=0) <= 65535 else labels
