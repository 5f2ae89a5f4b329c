"""What every GAN costs, what it makes, and whether a U-Net gains from it, at equal steps.

Run by hand; a cell is written as soon as it is known, and the same command goes on where it was
stopped:

    python -m tests.benchmarks.gan_table --dataset my_images --counts 5 10 --out table
"""

import argparse
import csv
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.cells import CELLS_FILE, Numbers, measure_all
from tests.benchmarks.draws import split_once, trial_data
from tests.benchmarks.quick_trials import quick_trial
from trainables.data.trial_data import TrialData
from trainables.gan.pools.files import read_pool
from trainables.gan_trial import run_gan_fit
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.gan_spec import ARCHITECTURES, paper_gan
from trainables.spec.trial_spec import DataSpec, TrialSpec, gan_fit
from trainables.training.contract import NoCheckpoints
from trainables.trial import run_trial

RATIOS = (1.0, 4.0)
"""Beside 0."""
MEASURES = ("consistency_mean", "share_dropped", "kid", "kid_floor", "memorisation", "diversity")


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """An architecture on one draw."""

    dataset: Path
    out: Path
    architecture: str | None
    """None: the U-Net with ratio 0."""
    count: int
    draw: int
    images_seen: int

    @property
    def name(self) -> str:
        """Of its numbers, and of the folder with its pool."""
        return f"{self.architecture or 'plain'}_{self.count}_{self.draw}"


def measure(cell: Cell) -> Numbers:
    """Fits the GAN, if there is one, and trains the U-Nets."""
    split = split_once(cell.dataset, cell.out)
    data = trial_data(cell.dataset, split, count=cell.count, draw=cell.draw)
    spec = quick_trial(
        "unet", DataSpec(split=split.hash, annotation_count=cell.count, draw=cell.draw)
    )
    if cell.architecture is None:
        return {"f1_0": unet_f1(spec, data)}
    gan = paper_gan(cell.architecture, images_seen=cell.images_seen, pool_size=48)
    spec = dataclasses.replace(spec, extra=ExtraSpec(kind="gan", gan=gan, ratio=RATIOS[0]))
    return with_gan(spec, data, folder=cell.out / f"pool_{cell.name}")


def with_gan(spec: TrialSpec, data: TrialData, *, folder: Path) -> Numbers:
    """What the GAN took and made, and test F1 of U-Nets with its pool."""
    folder.mkdir(exist_ok=True)
    result = run_gan_fit(
        gan_fit(spec),
        data,
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        folder=folder,
    )
    data = dataclasses.replace(data, pool=read_pool(folder))
    numbers: Numbers = {"fit_seconds": result.progress[-1].device_seconds}
    numbers |= {name: result.synthesis[name] for name in MEASURES}
    for ratio in RATIOS:
        extra = dataclasses.replace(spec.extra, ratio=ratio)
        numbers[f"f1_{ratio:g}"] = unet_f1(dataclasses.replace(spec, extra=extra), data)
    return numbers


def unet_f1(spec: TrialSpec, data: TrialData) -> float:
    """Mean F1 at IoU 0.5 over the test images."""
    result = run_trial(spec, data, report=lambda progress: None, checkpoints=NoCheckpoints())
    return float(np.mean(result.test.f1))


def rows(cells: list[Cell], numbers: dict[str, Numbers]) -> Iterator[Numbers]:
    """Means over the draws, for each count and architecture, and every draw's gain over ratio 0.

    A measure that a pool does not have, as it is empty, is left out of the mean.
    """
    for count, architecture in dict.fromkeys((cell.count, cell.architecture) for cell in cells):
        if architecture is None:
            continue
        drawn = [c for c in cells if (c.count, c.architecture) == (count, architecture)]
        found = [numbers[cell.name] for cell in drawn]
        plain = [dataclasses.replace(cell, architecture=None) for cell in drawn]
        baseline = np.array([numbers[cell.name]["f1_0"] for cell in plain])
        row: Numbers = {"images": count, "architecture": architecture}
        row |= {name: _mean([one[name] for one in found]) for name in found[0]}
        row["empty_pools"] = sum(one["share_dropped"] == 1 for one in found)
        row["f1_0"] = round(float(baseline.mean()), 3)
        for ratio in RATIOS:
            gains = np.array([one[f"f1_{ratio:g}"] for one in found]) - baseline
            row[f"gains_{ratio:g}"] = " ".join(f"{gain:+.3f}" for gain in gains)
        yield row


def _mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return round(float(np.mean(known)), 3) if known else np.nan


def main() -> None:
    options = _options()
    split_once(options.dataset, options.out)
    cells = [
        Cell(options.dataset, options.out, architecture, count, draw, options.images_seen)
        for draw in range(1, options.draws + 1)
        for count in options.counts
        for architecture in (None, *options.architectures)
    ]
    numbers = measure_all(measure, {c.name: c for c in cells}, options.out / CELLS_FILE)
    table = list(rows(cells, numbers))
    writer = csv.DictWriter(sys.stdout, table[0])
    writer.writeheader()
    writer.writerows(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = tuple(ARCHITECTURES)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--architectures", nargs="+", choices=names, default=names)
    parser.add_argument("--counts", nargs="+", type=int, default=(10,))
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--images-seen", type=int, default=960)
    return parser.parse_args()


if __name__ == "__main__":
    main()
