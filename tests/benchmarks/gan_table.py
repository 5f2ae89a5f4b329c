"""What every GAN costs, what it makes, and whether a U-Net gains from it, at equal steps.

Run by hand; a row is written as soon as it is known, and the same command goes on where it was
stopped:

    python -m tests.benchmarks.gan_table --dataset my_images --counts 5 10 --out table
"""

import argparse
import csv
import dataclasses
import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import get_args

import numpy as np

from trainables.data.layouts import open_dataset
from trainables.data.split import Split, from_json, split_dataset, to_json
from trainables.extra_spec import ExtraSpec
from trainables.gan.pool_files import read_pool
from trainables.gan_spec import Architecture, paper_gan
from trainables.gan_trial import run_gan_fit
from trainables.segmenters.protocol import NoCheckpoints
from trainables.spec import DataSpec, TrainingSpec, TrialSpec, UnetSpec, gan_fit
from trainables.trial import TrialData, run_trial

RATIOS = (1.0, 4.0)
TRAINING = TrainingSpec(images_seen=640, evaluations=4, batch_size=4)
MEASURES = (
    "consistency_mean",
    "share_dropped",
    "kid",
    "kid_floor",
    "memorisation",
    "diversity",
)
SPLIT_FILE = "split.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """One row: an architecture on one draw."""

    dataset: Path
    architecture: Architecture | None
    """None: the U-Net with ratio 0."""
    count: int
    draw: int
    images_seen: int
    out: Path

    @property
    def file(self) -> Path:
        """Where its numbers are written."""
        return self.out / f"{self.architecture or 'plain'}_{self.count}_{self.draw}.json"


def measure(task: Task) -> None:
    """Fits the GAN, trains the U-Nets, and writes the numbers."""
    import torch

    torch.set_num_threads(1)
    dataset = open_dataset(task.dataset)
    split = from_json(json.loads((task.out / SPLIT_FILE).read_text()))
    chosen = split.draw(annotation_count=task.count, draw=task.draw)
    data = TrialData(
        training=[dataset.read(one) for one in chosen.training],
        validation=[dataset.read(one) for one in chosen.validation],
        test=[dataset.read(one) for one in split.test_ids],
    )
    spec = trial(split, task)
    if task.architecture:
        numbers = with_gan(spec, data, task=task, architecture=task.architecture)
    else:
        numbers = {"f1_0": unet_f1(spec, data)}
    task.file.write_text(json.dumps(numbers))


def trial(split: Split, task: Task) -> TrialSpec:
    """The U-Net with ratio 0."""
    return TrialSpec(
        stage="confirm",
        arm="table",
        study_seed=0,
        seed=0,
        data=DataSpec(split=split.hash, annotation_count=task.count, draw=task.draw),
        segmenter=UnetSpec(),
        training=TRAINING,
    )


def with_gan(
    spec: TrialSpec, data: TrialData, *, task: Task, architecture: Architecture
) -> dict[str, float]:
    """What the GAN took and made, and test F1 of U-Nets with its pool."""
    gan = paper_gan(architecture, images_seen=task.images_seen, pool_size=48)
    spec = dataclasses.replace(spec, extra=ExtraSpec(kind="gan", gan=gan, ratio=RATIOS[0]))
    folder = task.out / f"pool_{task.file.stem}"
    folder.mkdir(exist_ok=True)
    result = run_gan_fit(
        gan_fit(spec),
        training=data.training,
        validation=data.validation,
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        folder=folder,
    )
    data = dataclasses.replace(data, pool=read_pool(folder))
    numbers = {"fit_seconds": result.progress[-1].device_seconds}
    numbers |= {name: result.synthesis[name] for name in MEASURES}
    for ratio in RATIOS:
        extra = dataclasses.replace(spec.extra, ratio=ratio)
        numbers[f"f1_{ratio:g}"] = unet_f1(dataclasses.replace(spec, extra=extra), data)
    return numbers


def unet_f1(spec: TrialSpec, data: TrialData) -> float:
    """Mean F1 at IoU 0.5 over the test images."""
    result = run_trial(spec, data, report=lambda progress: None, checkpoints=NoCheckpoints())
    return float(np.mean(result.test.f1))


def rows(tasks: list[Task]) -> Iterator[dict[str, object]]:
    """Means over the draws, for each count and architecture, with the gain over ratio 0."""
    known = {(t.architecture, t.count, t.draw): json.loads(t.file.read_text()) for t in tasks}
    for architecture, count in dict.fromkeys((t.architecture, t.count) for t in tasks):
        if architecture is None:
            continue
        draws = [t.draw for t in tasks if (t.architecture, t.count) == (architecture, count)]
        found = [known[architecture, count, draw] for draw in draws]
        plain = np.array([known[None, count, draw]["f1_0"] for draw in draws])
        row: dict[str, object] = {"images": count, "architecture": architecture}
        row |= {name: round(float(np.mean([f[name] for f in found])), 3) for name in found[0]}
        row["f1_0"] = round(float(plain.mean()), 3)
        for ratio in RATIOS:
            gains = np.array([f[f"f1_{ratio:g}"] for f in found]) - plain
            row[f"gains_{ratio:g}"] = " ".join(f"{gain:+.3f}" for gain in gains)
        yield row


def main() -> None:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    if not (options.out / SPLIT_FILE).exists():
        split = split_dataset(open_dataset(options.dataset), seed=0, max_test_images=24)
        (options.out / SPLIT_FILE).write_text(json.dumps(to_json(split)))
    tasks = [
        Task(options.dataset, architecture, count, draw, options.images_seen, options.out)
        for draw in range(1, options.draws + 1)
        for count in options.counts
        for architecture in (None, *options.architectures)
    ]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), spawn, max_tasks_per_child=1) as pool:
        open_tasks = [task for task in tasks if not task.file.exists()]
        futures = {pool.submit(measure, task): task for task in open_tasks}
        for future in as_completed(futures):
            future.result()
            file = futures[future].file
            print(file.stem, file.read_text(), flush=True)
    table = list(rows(tasks))
    with (options.out / "table.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0].keys())
        writer.writeheader()
        writer.writerows(table)
    print((options.out / "table.csv").read_text())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = get_args(Architecture)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--architectures", nargs="+", choices=names, default=names)
    parser.add_argument("--counts", nargs="+", type=int, default=(10,))
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--images-seen", type=int, default=960)
    return parser.parse_args()


if __name__ == "__main__":
    main()
