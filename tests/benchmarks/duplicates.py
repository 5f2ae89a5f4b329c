"""How long the search for duplicates takes, and what it finds among planted ones.

Run by hand, with /usr/bin/time -v for the memory; the images are written once, 2.5 GiB at the full
size, and are of two kinds in turn, bright discs on dark ground and texture all over:

    python -m tests.benchmarks.duplicates --folder /scratch
    python -m tests.benchmarks.duplicates --folder /scratch --images 500
"""

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from trainables.data.dividing.duplicates import tie_duplicates

SIDE_PX = 512
PLANTED_EVERY = 20
"""One image in so many is made of an earlier one."""


def field(number: int) -> np.ndarray:
    """uint8 [SIDE_PX, SIDE_PX]: a source of its own for each number."""
    rng = np.random.default_rng(number)
    if number % 2:
        image = cv2.GaussianBlur(rng.standard_normal((SIDE_PX, SIDE_PX), np.float32), (0, 0), 2.5)
        image = 120 + 40 * image / image.std()
    else:
        image = np.full((SIDE_PX, SIDE_PX), 12, np.float32)
        for row, column, radius, high in rng.uniform(
            (0, 0, 5, 50), (SIDE_PX, SIDE_PX, 11, 180), (int(rng.integers(30, 250)), 4)
        ):
            cv2.circle(image, (int(row), int(column)), int(radius), float(high), -1)
        image = cv2.GaussianBlur(image, (0, 0), 1.2)
    noise = 2 * rng.standard_normal(image.shape, np.float32)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def reencoded(image: np.ndarray) -> np.ndarray:
    """The image after JPEG of quality 70."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=70)
    return np.asarray(Image.open(stream))


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "copy": lambda image: image,
    "crop": lambda image: image[37:293, 71:327],
    "flip": lambda image: image[:, ::-1],
    "turn": lambda image: np.rot90(image),
    "brighter": lambda image: np.clip(1.3 * image + 15, 0, 255).astype(np.uint8),
    "re-encoded": reencoded,
}


def planted(number: int) -> tuple[str, int] | None:
    """How an image was made and of which one, None for a source."""
    if number % PLANTED_EVERY != PLANTED_EVERY - 1:
        return None
    turn = number // PLANTED_EVERY
    return list(CHANGES)[turn % len(CHANGES)], number - 1 - turn % (PLANTED_EVERY - 2)


def image(number: int) -> np.ndarray:
    """The image of a number, a source or made of one."""
    made = planted(number)
    if made is None:
        return field(number)
    how, source = made
    return np.ascontiguousarray(CHANGES[how](field(source)))


def write(folder: Path, count: int) -> None:
    """Writes each image as NPY, where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number:05}.npy"
        if not path.exists():
            np.save(path, image(number))


def main() -> None:
    """Prints time, and which of the planted images were found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--images", type=int, default=10_000)
    options = parser.parse_args()
    write(options.folder, options.images)
    ids = [f"{number:05}" for number in range(options.images)]
    began, spent = time.perf_counter(), time.process_time()
    ties = tie_duplicates(ids, read=lambda name: np.load(options.folder / f"{name}.npy"))
    wall, cpu = time.perf_counter() - began, time.process_time() - spent
    print(f"{options.images} images of {SIDE_PX} x {SIDE_PX}: {wall:.1f} s, {cpu:.1f} CPU seconds")
    found = {frozenset(map(int, pair)) for pair in ties}
    made = {number: planted(number) for number in range(options.images)}
    expected = {frozenset((number, of[1])): of[0] for number, of in made.items() if of}
    for how in CHANGES:
        pairs = [pair for pair, name in expected.items() if name == how]
        print(f"{how:12} {sum(pair in found for pair in pairs)} of {len(pairs)} found")
    print(f"{len(found - set(expected))} false ties")


if __name__ == "__main__":
    main()
