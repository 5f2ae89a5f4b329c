"""Pictures for MLflow: predicted and true outlines, and synthetic samples with their masks."""

import io
from collections.abc import Iterator

import numpy as np
from skimage.segmentation import find_boundaries

from study.store import Store
from trainables.gan.pools.files import read_pool

SHOWN = 16
"""Synthetic crops on one sheet."""
TRUE_COLOUR = (0, 200, 255)
PREDICTED_COLOUR = (255, 140, 0)


def overlays(store: Store, trial_id: str) -> Iterator[tuple[str, np.ndarray]]:
    """The name of each kept test image of a trial, and uint8 [H, W, 3] with outlines."""
    content = store.read_bytes(f"examples/{trial_id}.npz")
    if content is None:
        return
    with np.load(io.BytesIO(content)) as kept:
        for place, sample_id in enumerate(kept["ids"]):
            if f"{place}_image" in kept:
                picture = in_colour(kept[f"{place}_image"])
                picture[find_boundaries(kept[f"{place}_true"], mode="inner")] = TRUE_COLOUR
                predicted = find_boundaries(kept[f"{place}_predicted"], mode="inner")
                picture[predicted] = PREDICTED_COLOUR
                yield str(sample_id), picture


def synthetic_sheet(store: Store, gan_id: str) -> np.ndarray | None:
    """Synthetic crops of a GAN above their masks' outlines, uint8 [H, W, 3]; None without any."""
    folder = store.read_folder(f"gans/{gan_id}")
    if folder is None:
        return None
    pool = read_pool(folder)[:SHOWN]
    if not pool:
        return None
    crops = [in_colour((np.clip(one.image, 0, 1) * 255).astype(np.uint8)) for one in pool]
    outlined = [crop.copy() for crop in crops]
    for crop, sample in zip(outlined, pool, strict=True):
        crop[find_boundaries(sample.labels, mode="inner")] = TRUE_COLOUR
    return np.vstack([np.hstack(crops), np.hstack(outlined)])


def in_colour(image: np.ndarray) -> np.ndarray:
    """uint8 [H, W] or [H, W, C] as a fresh [H, W, 3]."""
    planes = image[:, :, None] if image.ndim == 2 else image
    if planes.shape[2] == 1:
        return np.repeat(planes, 3, axis=2)
    return np.pad(planes, ((0, 0), (0, 0), (0, 3 - planes.shape[2])))
