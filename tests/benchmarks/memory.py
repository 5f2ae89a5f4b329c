"""The most memory that looking at, training on and predicting large images takes.

Run by hand; the memory hardly depends on the machine, the time does. A data set is written to a
folder and left there:

    python -m tests.benchmarks.memory FOLDER --images 40 --side-px 4000
    python -m tests.benchmarks.memory FOLDER --images 4 --side-px 20000 --arms unet

Anonymous memory is what a process itself holds; shared memory is Ray's object store, and files
are pages of mapped files, which the operating system takes back when memory is short.
"""

import argparse
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import psutil
import tifffile

from trainables.data.simulation.cells import simulated_dataset

TILE_PX = 500
STUDY = Path(__file__).with_name("memory_study.py")
KINDS = ("RssAnon", "RssShmem", "RssFile")
MIB = 2**20


def write_images(folder: Path, *, count: int, side_px: int) -> None:
    """Images of simulated cells, uint8, laid out of a few tiles, and int32 masks."""
    tiles = simulated_dataset(count=6, size_px=TILE_PX, seed=0)
    rng = np.random.default_rng(0)
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        pixels = np.zeros((side_px, side_px), np.uint8)
        labels = np.zeros((side_px, side_px), np.int32)
        first = 0
        for top in range(0, side_px, TILE_PX):
            for left in range(0, side_px, TILE_PX):
                tile = tiles[int(rng.integers(len(tiles)))]
                place = np.s_[top : top + TILE_PX, left : left + TILE_PX]
                height, width = labels[place].shape
                image, cells = tile.image[:height, :width, 0], tile.labels[:height, :width]
                pixels[place] = np.clip(image * 150 + 50, 0, 255)
                labels[place] = np.where(cells > 0, cells + first, 0)
                first += int(cells.max())
        tifffile.imwrite(folder / "images" / f"{number:03}.tif", pixels)
        tifffile.imwrite(folder / "masks" / f"{number:03}.tif", labels)
    rows = "".join(f"{number:03},{number}\n" for number in range(count))
    (folder / "index.csv").write_text("stem,group\n" + rows)


def measure(*words: object) -> tuple[float, dict[str, dict[str, int]]]:
    """Runs `study ...`; gives its seconds and the peak bytes of its processes, by role and kind."""
    started = time.perf_counter()
    peaks: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    with subprocess.Popen([sys.executable, "-m", "study", *map(str, words)]) as command:
        driver = psutil.Process(command.pid)
        while command.poll() is None:
            for process in [driver, *_descendants(driver)]:
                role = "command" if process.pid == driver.pid else _role(process)
                for kind, held in _resident(process.pid).items():
                    peaks[role][kind] = max(peaks[role][kind], held)
            time.sleep(0.1)
    if command.returncode:
        raise SystemExit(f"study {words[0]} failed.")
    return time.perf_counter() - started, peaks


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _role(process: psutil.Process) -> str:
    """`training` for the processes that train, "" for Ray's own."""
    try:
        return "training" if "ImplicitFunc" in process.name() else ""
    except psutil.Error:
        return ""


def _resident(pid: int) -> dict[str, int]:
    """Resident bytes of a process by kind; nothing once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    values = dict(line.split(":", 1) for line in lines)
    return {kind: int(values[kind].split()[0]) * 1024 for kind in KINDS if kind in values}


def show(title: str, seconds: float, peaks: dict[str, dict[str, int]]) -> None:
    """Prints one line for each role."""
    for role in sorted(filter(None, peaks)):
        held = ", ".join(f"{kind} {peaks[role][kind] / MIB:6.0f} MiB" for kind in KINDS)
        print(f"{title:8} {role:9} {held}  ({seconds:.0f} s)", flush=True)


def main() -> None:
    """Writes the data set where it is not there, and prints the peaks of three commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--side-px", type=int, default=4000)
    parser.add_argument("--arms", nargs="+", default=["unet", "cellpose_scratch"])
    parser.add_argument("--annotations", type=int, default=10)
    options = parser.parse_args()
    data, study = options.folder / "data", options.folder / "study"
    if not (data / "index.csv").exists():
        write_images(data, count=options.images, side_px=options.side_px)
    in_memory = 8 * options.images * options.side_px**2
    print(f"As float32 images and int32 labels the data set takes {in_memory / MIB:.0f} MiB.")
    show("check", *measure("check", data))
    shared = ("--annotations", options.annotations)
    place = ("--dataset", data, "--out", study, "--arms", *options.arms)
    show("run", *measure("run", STUDY, *shared, *place))
    one = next((data / "images").iterdir())
    show("predict", *measure("predict", study, one, "--out", options.folder / "labels"))


if __name__ == "__main__":
    main()
