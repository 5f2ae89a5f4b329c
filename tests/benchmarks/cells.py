"""Long tables, cell by cell: each in a process of its own, and written as soon as it is known."""

import json
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, TypeVar

Cell = TypeVar("Cell")
Numbers = dict[str, Any]


def measure_all(
    measure: Callable[[Cell], Numbers], cells: dict[str, Cell], folder: Path
) -> dict[str, Numbers]:
    """Measures every cell once, as many at a time as there are cores, with one thread each.

    Args:
        measure: a function of a module, as it runs in other processes.
        cells: by the name of the file that keeps a cell's numbers; those there are kept.
        folder: where the files are written, so that the same command goes on where it stopped.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the processes below
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.json" for name in cells}
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), spawn, max_tasks_per_child=1) as pool:
        futures = {
            pool.submit(measure, cell): name
            for name, cell in cells.items()
            if not files[name].exists()
        }
        for future in as_completed(futures):
            name = futures[future]
            files[name].write_text(json.dumps(future.result()))
            print(name, files[name].read_text(), flush=True)
    return {name: json.loads(file.read_text()) for name, file in files.items()}
