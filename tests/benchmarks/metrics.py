"""How much faster than upstream the metrics are, and what memory they take.

Run by hand, as ratios depend on the machine; upstream fills a dense matrix of all pairs of cells,
about 15 GiB at the full size:

    python -m tests.benchmarks.metrics
    python -m tests.benchmarks.metrics --side-px 2048 --cells 5000
"""

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import psutil

from trainables.metrics.contingency import tabulate
from trainables.metrics.matching import count
from trainables.metrics.scores import THRESHOLDS, f1, score_image

REPEATS = 5
UPSTREAM_BYTES_PER_PAIR = 40
"""Of cells: the dense overlaps, IoUs and costs that upstream holds at once."""


def discs(rng: np.random.Generator, *, side_px: int, cells: int) -> np.ndarray:
    """int32 [side, side]: discs of random size, each near its place in a grid."""
    per_side = int(np.ceil(np.sqrt(cells)))
    step = side_px // per_side
    radii = rng.uniform(0.4, 0.6, size=cells) * step
    labels = np.zeros((side_px, side_px), np.int32)
    for label, radius in enumerate(radii, start=1):
        y, x = (np.array(divmod(label - 1, per_side)) + rng.uniform(0.4, 0.6, size=2)) * step
        top, left = max(0, int(y - radius)), max(0, int(x - radius))
        window = labels[top : int(y + radius) + 2, left : int(x + radius) + 2]
        rows, columns = np.ogrid[: window.shape[0], : window.shape[1]]
        window[(rows + top - y) ** 2 + (columns + left - x) ** 2 <= radius**2] = label
    return labels


def seconds(call: Callable[[], object], *, repeats: int) -> float:
    """Fastest of some runs: the one that the rest of the machine disturbed least."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def peak_bytes(call: Callable[[], object]) -> int:
    """Most memory that the call held at once, beyond its arguments."""
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def upstream_seconds(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Seconds of the upstream functions at one threshold and at ten, after a warm-up."""
    from cellpose.metrics import average_precision
    from stardist.matching import matching

    small = np.eye(8, dtype=np.int32)
    matching(small, small)  # compiles
    ten = list(THRESHOLDS)
    calls: dict[str, Callable[[], object]] = {
        "stardist.matching.matching, 1 threshold": lambda: matching(true, predicted),
        "stardist.matching.matching, 10 thresholds": lambda: matching(true, predicted, thresh=ten),
        "cellpose.metrics.average_precision, 1 threshold": lambda: average_precision(
            true, predicted, threshold=[0.5]
        ),
        "cellpose.metrics.average_precision, 10 thresholds": lambda: average_precision(
            true, predicted, threshold=ten
        ),
    }
    return {name: seconds(call, repeats=1) for name, call in calls.items()}


def main() -> None:
    """Prints seconds, ratios and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side-px", type=int, default=4096)
    parser.add_argument("--cells", type=int, default=20_000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    true, predicted = (discs(rng, side_px=options.side_px, cells=options.cells) for _ in range(2))
    ours: dict[str, Callable[[], object]] = {
        "f1, 1 threshold": lambda: f1(true, predicted),
        "count, 10 thresholds": lambda: count(tabulate(true, predicted), THRESHOLDS),
        "score_image, every metric": lambda: score_image(true, predicted, sample_id="", group=""),
    }
    image_bytes = true.nbytes + predicted.nbytes
    print(f"{options.cells} cells on {options.side_px} x {options.side_px} pixels, twice int32")
    own_seconds = {}
    for name, call in ours.items():
        own_seconds[name] = seconds(call, repeats=REPEATS)
        peak = peak_bytes(call) / image_bytes
        print(f"{name:50} {own_seconds[name]:8.3f} s, peak {peak:.2f} x the two images")
    needed, free = options.cells**2 * UPSTREAM_BYTES_PER_PAIR, psutil.virtual_memory().available
    if needed > free:
        print(f"Upstream needs {needed / 2**30:.0f} GiB, but only {free / 2**30:.0f} are free.")
        return
    one, ten, every = own_seconds.values()
    for name, upstream in upstream_seconds(true, predicted).items():
        same = one if "1 threshold" in name else ten
        print(f"{name:50} {upstream:8.3f} s, {upstream / same:.0f} x as long as the same from us, ")
        print(f"{'':50} {'':8}    {upstream / every:.0f} x as long as every metric from us")


if __name__ == "__main__":
    main()
