"""What all tests share: where the real images lie, and small samples."""

from pathlib import Path

import numpy as np
import pytest

from trainables.data.sample import Sample

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real annotated images; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the real images in {SHARED}, which is not part of the project")
    return SHARED


def discs(sample_id: str, *, seed: int, side: int = 96, group: str = "") -> Sample:
    """A sample of bright discs on a dark, noisy ground: easy, and quick to make."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    for cell, (row, column) in enumerate(rng.uniform(8, side - 8, (12, 2)), start=1):
        inside = (rows - row) ** 2 + (columns - column) ** 2 < rng.uniform(5, 9) ** 2
        labels[inside & (labels == 0)] = cell
    image = (labels > 0) * 0.8 + rng.normal(0.1, 0.05, labels.shape)
    return Sample(
        id=sample_id,
        image=image[:, :, None].astype(np.float32),
        labels=labels,
        group=group or sample_id,
    )
