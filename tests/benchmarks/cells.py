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
CELLS_FILE = "cells.jsonl"
"""Name of the file of a table's cells."""


def measure_all(
    measure: Callable[[Cell], Numbers], cells: dict[str, Cell], file: Path
) -> dict[str, Numbers]:
    """Measures every cell once, as many at a time as there are cores, with one thread each.

    Args:
        measure: a function of a module, as it runs in other processes.
        cells: by name.
        file: gets a line of JSON for each cell; those there are kept, so that the same command
            goes on where it stopped.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the processes below
    file.parent.mkdir(parents=True, exist_ok=True)
    known = read_cells(file)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), spawn, max_tasks_per_child=1) as pool:
        futures = {
            pool.submit(measure, cell): name for name, cell in cells.items() if name not in known
        }
        for future in as_completed(futures):
            name = futures[future]
            known[name] = future.result()
            line = json.dumps({"name": name, **known[name]})
            with file.open("a") as lines:
                lines.write(line + "\n")
            print(line, flush=True)
    return {name: known[name] for name in cells}


def read_cells(file: Path) -> dict[str, Numbers]:
    """What is known so far, by name of the cell."""
    lines = file.read_text().splitlines() if file.exists() else []
    cells = [json.loads(line) for line in lines]
    return {cell.pop("name"): cell for cell in cells}
