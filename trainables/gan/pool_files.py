"""The pool on disk; imports neither torch nor TensorFlow, so that every process can read it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainables.data.sample import Provenance, Sample

POOL_FILE = "pool.npz"
REAL_FILE = "real.npz"
"""As many real crops, for pictures side by side."""


def write_pool(samples: Sequence[Sample], path: Path, *, channels: int, side_px: int) -> None:
    """Writes samples of one size as one compressed file.

    Args:
        samples: each float32 [P, P, C]; may be empty. Images are kept as float16.
        path: ends in `.npz`.
        channels: C, which an empty file has to state.
        side_px: P.
    """
    images = np.empty((len(samples), side_px, side_px, channels), np.float16)
    labels = np.empty((len(samples), side_px, side_px), np.int32)
    for n, sample in enumerate(samples):
        images[n], labels[n] = sample.image, sample.labels
    np.savez_compressed(path, images=images, labels=labels, sources=json.dumps(_facts(samples)))


def read_pool(folder: Path) -> list[Sample]:
    """The synthetic samples that `run_gan_fit` wrote into a folder.

    Raises:
        ValueError: the folder holds no pool.
    """
    path = folder / POOL_FILE
    if not path.exists():
        raise ValueError(
            f"A fitted GAN's folder must hold {POOL_FILE}, but {folder} does not: remove the "
            f"folder and run the study again to fit this GAN."
        )
    return read_samples(path)


def read_samples(path: Path) -> list[Sample]:
    """Reads what `write_pool` wrote; images are float32 again."""
    with np.load(path) as stored:
        facts = json.loads(str(stored["sources"]))
        images, labels = stored["images"].astype(np.float32), stored["labels"]
    return [
        Sample(
            id=fact["id"],
            image=images[n],
            labels=labels[n],
            group=fact["group"],
            provenance=_provenance(fact),
        )
        for n, fact in enumerate(facts)
    ]


def _facts(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    return [
        {
            "id": sample.id,
            "group": sample.group,
            "maker": sample.provenance.maker if sample.provenance else None,
            "sources": list(sample.provenance.sources) if sample.provenance else [],
        }
        for sample in samples
    ]


def _provenance(fact: dict[str, Any]) -> Provenance | None:
    if fact["maker"] is None:
        return None
    return Provenance(maker=str(fact["maker"]), sources=tuple(map(str, fact["sources"])))
