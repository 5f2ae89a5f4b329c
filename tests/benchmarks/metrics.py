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

from tests.trainables.metrics.label_images import discs
from trainables.metrics.contingency import tabulate
from trainables.metrics.matching import count
from trainables.metrics.scores import THRESHOLDS, f1, score_image

REPEATS = 5
UPSTREAM_BYTES_PER_PAIR = 40
"""Of cells: the dense overlaps, IoUs and costs that upstream holds at once."""


def seconds(call: Callable[[], object], *, repeats: int) -> float:
    """Fewest CPU seconds of some runs, in which other processes do not count."""
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def peak_bytes(call: Callable[[], object]) -> int:
    """Most memory that the call held at once, beyond its arguments."""
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def upstream_calls(true: np.ndarray, predicted: np.ndarray) -> dict[str, Callable[[], object]]:
    """The upstream functions at one threshold, compiled and imported."""
    from cellpose.metrics import average_precision
    from stardist.matching import matching

    small = np.eye(8, dtype=np.int32)
    matching(small, small)  # compiles
    return {
        "stardist.matching.matching": lambda: matching(true, predicted),
        "cellpose.metrics.average_precision": lambda: average_precision(
            true, predicted, threshold=[0.5]
        ),
    }


def main() -> None:
    """Prints CPU seconds, ratios and peak memory."""
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
        print(f"{name:50} {own_seconds[name]:8.3f} s, peak {peak:.2f} x the two images", flush=True)
    needed, free = options.cells**2 * UPSTREAM_BYTES_PER_PAIR, psutil.virtual_memory().available
    if needed > free:
        print(f"Upstream needs {needed / 2**30:.0f} GiB, but only {free / 2**30:.0f} are free.")
        return
    for name, call in upstream_calls(true, predicted).items():
        upstream = seconds(call, repeats=1)
        print(f"{name + ', 1 threshold':50} {upstream:8.3f} s")
        for own_name, own in own_seconds.items():
            print(f"{upstream / own:8.0f} x the time of {own_name}", flush=True)


if __name__ == "__main__":
    main()
