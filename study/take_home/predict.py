"""Labels new images with a trained model."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tifffile

from study.store import Store
from study.take_home.winner import model_folder
from trainables.data.channels import conversion
from trainables.data.files.files import read_image
from trainables.data.normalise import normalised
from trainables.data.opening.records import Options
from trainables.models.model import Model, load_model

SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp")


def predict_with_study(
    folder: Path,
    paths: Sequence[Path],
    *,
    arm: str,
    out: Path,
    channel: str | None = None,
    plane: int | None = None,
    note: Callable[[str], None],
) -> Iterator[Path]:
    """Labels images with a study's model, reading them as the study read its own.

    Args:
        folder: of the study.
        paths: images, or folders of images.
        arm: whose model to use; empty: the winner's.
        out: folder for the label images.
        channel: which channels; None: those that the study read.
        plane: of multi-page images; None: the one that the study read.
        note: called for each image whose number of channels had to be changed.

    Yields:
        The path of each label image once it is written.

    Raises:
        ValueError: there is no such model, or as in `predict_images`.
    """
    store = Store(folder)
    model = load_model(model_folder(store, arm=arm))
    kept = _read_options(store)
    options = Options(
        channel=kept.channel if channel is None else channel,
        plane=kept.plane if plane is None else plane,
    )
    yield from predict_images(model, paths, out=out, options=options, note=note)


def predict_images(
    model: Model,
    paths: Sequence[Path],
    *,
    out: Path,
    options: Options | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[Path]:
    """Writes one label image for each image, with `_labels.tif` in place of its suffix.

    Args:
        paths: images, or folders of images.
        out: folder for the label images, uint16 or, above 65,535 cells, int32.
        options: plane and channels that the study read; None: the first plane and all channels.
        note: called for each image whose number of channels had to be changed.

    Yields:
        The path of each label image once it is written.

    Raises:
        ValueError: an image cannot be read, or two images would write the same file.
    """
    files = list(_images(paths))
    _refuse_clash(files)
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        labels = predict_file(model, file, options=options, note=note)
        target = out / f"{file.stem}_labels.tif"
        tifffile.imwrite(target, _smallest(labels), compression="zlib")
        yield target


def predict_file(
    model: Model,
    file: Path,
    *,
    options: Options | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> np.ndarray:
    """int32 [H, W] labels of one image file; colour becomes grey for a model of grey images."""
    wanted = options or Options()
    pixels = read_image(file, plane=wanted.plane, channels=wanted.channels)
    if changed := conversion(pixels.shape[2], model.channels):
        note(f"{file}: {changed}")
    return model.predict(normalised(pixels, channels=model.channels))


def _read_options(store: Store) -> Options:
    """Plane and channels of the images that the study was made on."""
    kept = json.loads(store.read_text("study.json") or "{}")
    data = kept.get("study", {}).get("data", {})
    return Options(channel=data.get("channel", ""), plane=data.get("plane", 0))


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


def _smallest(labels: np.ndarray) -> np.ndarray:
    return labels.astype(np.uint16) if labels.max(initial=0) <= 65535 else labels
