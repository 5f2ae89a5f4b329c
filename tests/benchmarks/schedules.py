"""Fine-tuning: from scratch against every schedule, by segmenter and number of annotated images.

Each segmenter is first trained on the source, once. Run by hand; a cell is written as soon as it
is known, and the same command goes on where it was stopped:

    python -m tests.benchmarks.schedules --dataset my_images --out table
    python -m tests.benchmarks.schedules --dataset my_images --source other_images --out table
"""

import argparse
import csv
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
from matplotlib.figure import Figure

from search_spaces import arm
from study.simulated import simulated_source
from tests.benchmarks.cells import Numbers, measure_all
from tests.benchmarks.draws import split_once, trial_data
from trainables.spec import (
    CellposeSpec,
    DataSpec,
    SegmenterSpec,
    StardistSpec,
    TrainingSpec,
    TrialSpec,
    UnetSpec,
    WeightsKind,
    WeightsSpec,
)
from trainables.training_spec import ScheduleName
from trainables.trial import run_trial

SEGMENTERS: dict[str, SegmenterSpec] = {
    "cellpose": CellposeSpec(),
    "stardist": StardistSpec(),
    "unet": UnetSpec(),
}
SCRATCH = "scratch"
WAYS = (SCRATCH, *get_args(ScheduleName))
SOURCE_IMAGES, SOURCE_CROPS, CROPS = 60, 1600, 640
"""As in the quick study."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """One training: on the source where `way` is empty, else on the data set."""

    dataset: Path
    source: Path
    out: Path
    segmenter: str
    way: str = ""
    """`scratch`, or the name of a schedule."""
    count: int = 0
    draw: int = 0

    @property
    def name(self) -> str:
        """Of the file with its numbers; of the folder of weights, where it trains on the source."""
        return f"{self.segmenter}_{self.way}_{self.count}_{self.draw}" if self.way else self.weights

    @property
    def weights(self) -> str:
        """Name of the weights from the source."""
        return f"{self.segmenter}_source"


def measure(cell: Cell) -> Numbers:
    """Trains once; test F1 at IoU 0.5, or validation F1 on the source, and device-seconds."""
    from trainables.segmenters.protocol import NoCheckpoints

    spec, folder = trial(cell), cell.out / "weights" / cell.weights
    dataset = cell.dataset if cell.way else cell.source
    split = split_once(dataset, cell.out)
    data = trial_data(dataset, split, count=spec.data.annotation_count, draw=spec.data.draw)
    if cell.way:
        is_pretrained = cell.way != SCRATCH
        data = dataclasses.replace(data, weights=folder if is_pretrained else None)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        data = dataclasses.replace(data, test=())
    result = run_trial(
        spec,
        data,
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        keep_model=lambda model: None if cell.way else model.save(folder),
    )
    f1 = float(np.mean(result.test.f1)) if cell.way else result.progress[-1].validation_f1
    return {"f1": f1, "seconds": result.progress[-1].device_seconds}


def trial(cell: Cell) -> TrialSpec:
    """The training of a cell, with the defaults of its family."""
    segmenter = SEGMENTERS[cell.segmenter]
    kind: WeightsKind = "pretrained" if cell.way not in ("", SCRATCH) else "scratch"
    point = arm.defaults(segmenter, extra="none", weights=kind, gans=())
    training = TrainingSpec(
        images_seen=CROPS if cell.way else SOURCE_CROPS,
        evaluations=4,
        batch_size=4,
        learning_rate=point["training.learning_rate"],
    )
    weights = WeightsSpec()
    if kind == "pretrained":
        training = dataclasses.replace(training, schedule=cell.way)
        weights = WeightsSpec(kind=kind, origin="source", name=cell.weights)
    split = split_once(cell.dataset if cell.way else cell.source, cell.out)
    count = cell.count or min(SOURCE_IMAGES, len(split.annotation_ids))
    return TrialSpec(
        stage="confirm" if cell.way else "fit_sources",
        arm=cell.way or "source",
        study_seed=0,
        seed=0,
        data=DataSpec(split=split.hash, annotation_count=count, draw=cell.draw),
        segmenter=segmenter,
        training=training,
        weights=weights,
    )


def rows(cells: list[Cell], numbers: dict[str, Numbers]) -> Iterator[Numbers]:
    """Mean test F1 over the draws and each draw's own."""
    for key in dict.fromkeys((cell.segmenter, cell.count, cell.way) for cell in cells):
        same = [cell for cell in cells if (cell.segmenter, cell.count, cell.way) == key]
        f1 = [numbers[cell.name]["f1"] for cell in same]
        yield {
            "segmenter": key[0],
            "images": key[1],
            "way": key[2],
            "f1": round(float(np.mean(f1)), 3),
            "draws": " ".join(f"{one:.3f}" for one in f1),
        }


def picture(table: list[Numbers], file: Path) -> None:
    """Learning curves: a panel for each segmenter, a line for each way."""
    names = list(dict.fromkeys(row["segmenter"] for row in table))
    figure = Figure(figsize=(4 * len(names), 3.5), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        for way in WAYS:
            points = [row for row in table if (row["segmenter"], row["way"]) == (name, way)]
            style = "k--o" if way == SCRATCH else "-o"
            label = way.replace("_", " ")
            panel.plot([p["images"] for p in points], [p["f1"] for p in points], style, label=label)
        panel.set(title=name, xlabel="annotated images", xscale="log")
        ticks = sorted({row["images"] for row in table})
        panel.set_xticks(ticks, labels=ticks, minor=False)
        panel.minorticks_off()
    panels[0].set_ylabel("test F1 at IoU 0.5")
    panels[-1].legend(frameon=False, fontsize="small")
    figure.savefig(file, dpi=120)


def main() -> None:
    options = _options()
    source = options.source or simulated_source(
        options.out, count=SOURCE_IMAGES, channels=1, seed=0
    )
    for dataset in (options.dataset, source):
        split_once(dataset, options.out)
    blank = {"dataset": options.dataset, "source": source, "out": options.out}
    sources = [Cell(segmenter=name, **blank) for name in options.segmenters]
    measure_all(measure, {cell.name: cell for cell in sources}, options.out)
    cells = [
        Cell(segmenter=name, way=way, count=count, draw=draw, **blank)
        for draw in range(1, options.draws + 1)
        for count in options.counts
        for name in options.segmenters
        for way in WAYS
    ]
    numbers = measure_all(measure, {cell.name: cell for cell in cells}, options.out)
    table = list(rows(cells, numbers))
    writer = csv.DictWriter(sys.stdout, table[0])
    writer.writeheader()
    writer.writerows(table)
    picture(table, options.out / "curves.png")


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
