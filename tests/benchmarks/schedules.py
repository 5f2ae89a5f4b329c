"""Fine-tuning: from scratch against every schedule, by segmenter and number of annotated images.

Each segmenter is first trained on the source, once. Run by hand; a cell is written as soon as it
is known, and the same command goes on where it was stopped:

    python -m tests.benchmarks.schedules --dataset my_images --out table
    python -m tests.benchmarks.schedules --dataset my_images --source other_images --out table

Tables of several data sets and sources may share a folder; trainings from scratch, which need no
source, are then done once. With the lines of docs/schedules.jsonl in its `cells.jsonl` a table
goes on from what has been measured before, but the sources are trained anew.
"""

import argparse
import dataclasses
from pathlib import Path
from typing import get_args

import numpy as np
from matplotlib.figure import Figure

from reports.columns import Column, Table, column, page_column, row_head
from reports.page.markdown import markdown_table
from tests.benchmarks.cells import CELLS_FILE, Numbers, measure_all
from tests.benchmarks.draws import split_once, trial_data
from tests.benchmarks.quick_trials import (
    SEGMENTERS,
    SOURCE_IMAGES,
    quick_trial,
    simulated,
    source_trial,
)
from trainables.machine.processor import multiplies_bfloat16, processor_flags
from trainables.spec.training_spec import ScheduleName
from trainables.spec.trial_spec import DataSpec
from trainables.training.contract import NoCheckpoints
from trainables.trial import run_trial

SCRATCH = "scratch"
WAYS = (SCRATCH, *get_args(ScheduleName))
SOURCES_FILE = "sources.jsonl"
"""Like a table's cells, of the trainings on the sources."""
SHIFT = 1.02
"""Factor between the places of two ways on the axis of the picture, so that their dots are told
apart."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """One training on the data set."""

    dataset: Path
    source: str
    """Name of the data set whose weights it starts from; empty: from scratch."""
    out: Path
    segmenter: str
    way: str
    """`scratch`, or the name of a schedule."""
    count: int
    draw: int

    @property
    def name(self) -> str:
        """Of its numbers."""
        parts = (self.dataset.name, self.segmenter, self.source, self.way, self.count, self.draw)
        return "/".join(str(part) for part in parts)


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """One training on the source."""

    dataset: Path
    out: Path
    segmenter: str

    @property
    def weights(self) -> Path:
        """The folder of its weights."""
        return weights_folder(self.out, segmenter=self.segmenter, source=self.dataset.name)


def weights_folder(out: Path, *, segmenter: str, source: str) -> Path:
    """Where a segmenter's weights from a source are kept."""
    return out / "weights" / f"{segmenter}_{source}"


def measure(cell: Cell) -> Numbers:
    """Trains once: test F1 at IoU 0.5, device-seconds, and whether it computed in bfloat16."""
    split = split_once(cell.dataset, cell.out)
    images = DataSpec(split=split.hash, annotation_count=cell.count, draw=cell.draw)
    data = trial_data(cell.dataset, split, count=cell.count, draw=cell.draw)
    spec = quick_trial(cell.segmenter, images, weights=cell.source)
    if cell.source:
        training = dataclasses.replace(spec.training, schedule=cell.way)
        spec = dataclasses.replace(spec, training=training)
        weights = weights_folder(cell.out, segmenter=cell.segmenter, source=cell.source)
        data = dataclasses.replace(data, weights=weights)
    result = run_trial(spec, data, report=lambda progress: None, checkpoints=NoCheckpoints())
    return {
        "f1": float(np.mean(result.test.f1)),
        "seconds": result.progress[-1].device_seconds,
        "bfloat16": multiplies_bfloat16(processor_flags()),
    }


def measure_source(source: Source) -> Numbers:
    """Trains once on the source and keeps the weights: validation F1 and device-seconds."""
    split = split_once(source.dataset, source.out)
    count = min(len(split.annotation_ids), SOURCE_IMAGES)
    images = DataSpec(split=split.hash, annotation_count=count, draw=0)
    data = trial_data(source.dataset, split, count=count, draw=0)
    source.weights.mkdir(parents=True, exist_ok=True)
    result = run_trial(
        source_trial(source.segmenter, images),
        dataclasses.replace(data, test=()),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        keep_model=lambda model: model.save(source.weights),
    )
    last = result.progress[-1]
    return {"f1": last.validation_f1, "seconds": last.device_seconds}


def rows(cells: list[Cell], numbers: dict[str, Numbers]) -> list[Numbers]:
    """For each segmenter and number of images the test F1 of every way, draw by draw."""
    table: dict[tuple[str, int], Numbers] = {}
    for cell in cells:
        row = table.setdefault(
            (cell.segmenter, cell.count), {"segmenter": cell.segmenter, "images": cell.count}
        )
        row.setdefault(cell.way, []).append(numbers[cell.name]["f1"])
    return sorted(table.values(), key=lambda row: (row["segmenter"], row["images"]))


def markdown(table: list[Numbers]) -> str:
    """A column for each way: mean (lowest to highest draw)."""
    columns = [
        row_head("segmenter", "segmenter", lambda row: row["segmenter"]),
        column("images", "images", lambda row: row["images"]),
        *map(_way, WAYS),
    ]
    return markdown_table(Table("schedules", table, columns), look={})


def _way(name: str) -> Column[Numbers]:
    return page_column(name.replace("_", " "), lambda row: _mean_and_range(row[name]))


def _mean_and_range(draws: list[float]) -> str:
    return f"{np.mean(draws):.2f} ({min(draws):.2f} to {max(draws):.2f})"


def picture(table: list[Numbers], file: Path) -> None:
    """Learning curves: a panel for each segmenter, a line for the mean of each way, a dot for
    each of its draws."""
    names = list(dict.fromkeys(row["segmenter"] for row in table))
    ticks = sorted({row["images"] for row in table})
    figure = Figure(figsize=(4 * len(names), 3.5), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        points = [row for row in table if row["segmenter"] == name]
        for place, way in enumerate(WAYS):
            images = [row["images"] * SHIFT ** (place - (len(WAYS) - 1) / 2) for row in points]
            means = [np.mean(row[way]) for row in points]
            style = "k--" if way == SCRATCH else "-"
            (line,) = panel.plot(images, means, style, label=way.replace("_", " "))
            for x, row in zip(images, points, strict=True):
                draws = row[way]
                panel.plot([x] * len(draws), draws, ".", color=line.get_color(), alpha=0.6)
        panel.set(title=name, xlabel="annotated images", xscale="log")
        panel.set_xticks(ticks, labels=ticks, minor=False)
        panel.minorticks_off()
    panels[0].set_ylabel("test F1 at IoU 0.5")
    panels[-1].legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(file.stem.replace("_", " "))
    figure.savefig(file, dpi=120)


def main() -> None:
    options = _options()
    source = options.source or simulated(options.out)
    for dataset in (options.dataset, source):
        split_once(dataset, options.out)
    sources = [Source(source, options.out, name) for name in options.segmenters]
    measure_all(
        measure_source, {one.weights.name: one for one in sources}, options.out / SOURCES_FILE
    )
    cells = [
        Cell(
            options.dataset,
            "" if way == SCRATCH else source.name,
            options.out,
            name,
            way,
            count,
            draw,
        )
        for draw in range(1, options.draws + 1)
        for count in options.counts
        for name in options.segmenters
        for way in WAYS
    ]
    numbers = measure_all(measure, {cell.name: cell for cell in cells}, options.out / CELLS_FILE)
    table = rows(cells, numbers)
    print(markdown(table))
    picture(table, options.out / f"{source.name}_to_{options.dataset.name}.png")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--source", type=Path, help="annotated images; simulated ones if left out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--segmenters", nargs="+", choices=SEGMENTERS, default=tuple(SEGMENTERS))
    parser.add_argument("--counts", nargs="+", type=int, default=(2, 5, 10))
    parser.add_argument("--draws", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
