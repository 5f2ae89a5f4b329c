"""The pool on disk: stacks for training and viewing, and a list of each crop's origin.

Imports neither torch nor TensorFlow, so that every process can read it.
"""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from trainables.data.sample import Provenance, Sample
from trainables.data.visible import visible
from trainables.gan.protocol import Generator

POOL = "pool"
REAL = "real"
"""The same number of real crops, for pictures side by side."""
GENERATOR_FOLDER = "generator"
LIST_SUFFIX = ".json"
IMAGES_SUFFIX = "_images.ome.tif"
MASKS_SUFFIX = "_masks.ome.tif"
VIEW_SUFFIX = "_view.tif"
"""8-bit grey or RGB, which every viewer shows in colour; nothing reads it."""


def write_fit(
    folder: Path, *, pool: Sequence[Sample], real: Sequence[Sample], generator: Generator
) -> None:
    """Writes everything that the fit of a GAN leaves behind.

    Args:
        folder: empty.
        pool: the synthetic samples that were kept.
        real: the same number of real crops.
        generator: the fitted one, from which the pool was drawn.
    """
    write_pool(pool, folder, name=POOL)
    write_pool(real, folder, name=REAL)
    (folder / GENERATOR_FOLDER).mkdir()
    generator.save(folder / GENERATOR_FOLDER)


def write_pool(samples: Sequence[Sample], folder: Path, *, name: str) -> None:
    """Writes samples of one size as two OME-TIFF stacks, one to look at, and a JSON list.

    Args:
        samples: each float32 [P, P, C]; may be empty, then only the list is written. Images are
            rounded to the precision of 16 bits, which halves the file.
        folder: to write to.
        name: `POOL` or `REAL`, the prefix of the files' names.
    """
    (folder / f"{name}{LIST_SUFFIX}").write_text(json.dumps(_facts(samples), indent=1))
    if not samples:
        return
    images = np.stack([sample.image.transpose(2, 0, 1) for sample in samples])
    masks = np.stack([sample.labels for sample in samples])
    stacks = ((IMAGES_SUFFIX, _rounded(images), "TCYX"), (MASKS_SUFFIX, masks, "TYX"))
    for suffix, stack, axes in stacks:
        tifffile.imwrite(
            folder / f"{name}{suffix}",
            stack,
            ome=True,
            photometric="minisblack",
            compression="zlib",
            metadata={"axes": axes},
        )
    _write_view(samples, folder / f"{name}{VIEW_SUFFIX}")


def _rounded(images: np.ndarray) -> np.ndarray:
    """float32, since viewers cannot read 16-bit floats; values too large for 16 bits stay."""
    with np.errstate(over="ignore"):
        rounded = images.astype(np.float16).astype(np.float32)
    return np.where(np.isfinite(rounded), rounded, images)


def _write_view(samples: Sequence[Sample], path: Path) -> None:
    """One page per crop, in the order of the list."""
    view = visible(np.stack([sample.image for sample in samples]))
    photometric = "rgb" if view.ndim == 4 else "minisblack"
    tifffile.imwrite(path, view, photometric=photometric, compression="zlib")


def read_pool(folder: Any) -> list[Sample]:
    """The synthetic samples that `write_fit` wrote into a folder.

    Raises:
        ValueError: the folder holds no pool.
    """
    samples = read_samples(folder, name=POOL)
    if samples is None:
        raise ValueError(
            f"A fitted GAN's folder must hold {POOL}{LIST_SUFFIX}, but {folder} does not: remove "
            f"the folder and run the study again to fit this GAN."
        )
    return samples


def read_samples(folder: Any, *, name: str) -> list[Sample] | None:
    """Reads what `write_pool` wrote; None where it wrote nothing.

    Args:
        folder: a path, of this machine or of remote storage.
        name: as `write_pool` was given it.
    """
    file = folder / f"{name}{LIST_SUFFIX}"
    if not file.exists():
        return None
    facts = json.loads(file.read_text())
    if not facts:
        return []
    images, masks = (
        tifffile.imread(io.BytesIO((folder / f"{name}{suffix}").read_bytes()))
        for suffix in (IMAGES_SUFFIX, MASKS_SUFFIX)
    )
    side_px = masks.shape[-1]  # an axis of length 1 is not written
    images = images.reshape(len(facts), -1, side_px, side_px)
    masks = masks.reshape(len(facts), side_px, side_px)
    return [
        Sample(
            id=fact["id"],
            image=np.ascontiguousarray(image.transpose(1, 2, 0)),
            labels=labels,
            group=fact["group"],
            provenance=_provenance(fact),
        )
        for fact, image, labels in zip(facts, images, masks, strict=True)
    ]


def _facts(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    return [
        {
            "id": sample.id,
            "group": sample.group,
            "maker": sample.provenance.maker if sample.provenance else None,
            "sources": list(sample.provenance.sources) if sample.provenance else [],
            "seed": sample.provenance.seed if sample.provenance else None,
            "place": sample.provenance.place if sample.provenance else 0,
        }
        for sample in samples
    ]


def _provenance(fact: dict[str, Any]) -> Provenance | None:
    if fact["maker"] is None:
        return None
    return Provenance(
        maker=str(fact["maker"]),
        sources=tuple(map(str, fact["sources"])),
        seed=fact.get("seed"),  # absent in pools of earlier versions
        place=fact.get("place", 0),
    )
