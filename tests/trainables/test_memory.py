"""Training data larger than the memory that a process may take: each case in a process of its own.

The limit is on private memory (RLIMIT_DATA); the address space cannot be limited, as libraries
reserve far more of it than they use.
"""

import os
import resource
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from trainables.data.dividing.annotated import ReadSamples, annotated_samples
from trainables.data.dividing.split import Annotated
from trainables.data.normalise import normalised
from trainables.data.sample import Sample
from trainables.data.shelf import Shelf
from trainables.spec.training_spec import TrainingSpec
from trainables.training.batches import draw_batch
from trainables.training.contract import Extra

MIB = 2**20
LARGE, LARGE_PX, LARGE_LIMIT_MIB = 18, 3000, 850
"""18 images of 3000 x 3000 pixels take 1,236 MiB as float32 images and int32 labels."""
SMALL, SMALL_PX, SMALL_LIMIT_MIB = 60, 1024, 250
"""60 images of 1024 x 1024 pixels take 480 MiB."""


def image(number: int, side_px: int) -> Sample:
    """Square cells of 16 pixels on a grid, as `Dataset.reader` gives them."""
    at = np.arange(side_px)
    inside = (at % 25 < 16)[:, None] & (at % 25 < 16)[None]
    labels = ((at // 25 * side_px)[:, None] + (at // 25)[None] + 1).astype(np.int32) * inside
    pixels = (inside * 100 + (at % 7)[None] + number).astype(np.uint8)
    lazy = normalised(pixels)
    return Sample(id=str(number), image=lazy, labels=labels, group=str(number))  # type: ignore[arg-type]


def limit_memory(mib: int) -> None:
    """Lets this process take so much more than it has."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    most = int(status["VmData"].split()[0]) * 1024 + mib * MIB
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def draw(samples: list[Sample]) -> None:
    training = TrainingSpec(batch_size=8, crop_px=128)
    for step in range(20):
        images, labels = draw_batch(
            samples, extra=Extra(), training=training, rng=np.random.default_rng(step)
        )
        assert np.isfinite(images).all()
        assert (labels > 0).any()
    print("drawn", flush=True)


def train_on_windows() -> None:
    limit_memory(LARGE_LIMIT_MIB)
    readers = {str(n): partial(image, n, LARGE_PX) for n in range(LARGE)}
    names = tuple(readers)
    training, _ = annotated_samples(
        readers, Annotated(training=names[1:], validation=names[:1], one_image=False)
    )
    shelf = Shelf()
    draw([shelf.keep_sample(sample) for sample in training])


def train_on_whole_large_images() -> None:
    limit_memory(LARGE_LIMIT_MIB)
    samples = (image(n, LARGE_PX) for n in range(LARGE))
    draw([replace(sample, image=sample.image[:]) for sample in samples])


def train_on_mapped_images() -> None:
    limit_memory(SMALL_LIMIT_MIB)
    shelf = Shelf(memory_bytes=64 * MIB)
    samples = ReadSamples([partial(image, n, SMALL_PX) for n in range(SMALL)])
    draw([shelf.keep_sample(replace(sample, image=sample.image[:])) for sample in samples])


def train_on_images_in_memory() -> None:
    limit_memory(SMALL_LIMIT_MIB)
    samples = (image(n, SMALL_PX) for n in range(SMALL))
    draw([replace(sample, image=sample.image[:]) for sample in samples])


def run(case: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"from tests.trainables import test_memory as t; t.{case}()"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts all memory only on Linux")
@pytest.mark.parametrize(
    ("bounded", "unbounded"),
    [
        ("train_on_windows", "train_on_whole_large_images"),
        ("train_on_mapped_images", "train_on_images_in_memory"),
    ],
)
def test_more_images_than_the_memory_allowed(bounded: str, unbounded: str) -> None:
    done = run(bounded)
    assert done.stdout.strip() == "drawn", done.stderr
    too_much = run(unbounded)
    assert "MemoryError" in too_much.stderr
    assert "drawn" not in too_much.stdout
