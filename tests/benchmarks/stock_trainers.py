"""Test F1 of our fine-tuning against that of Cellpose and StarDist, at equal device-seconds.

The same network, initial weights, images, crop, batch and tuning of thresholds; only the training
differs. The stock trainers get as many steps as fit into the CPU seconds that ours took, once with
their own learning rate and once with ours. Run by hand; a cell is written as soon as it is known,
and the same command goes on where it was stopped:

    python -m tests.benchmarks.stock_trainers --dataset my_images --out table
"""

import argparse
import contextlib
import csv
import dataclasses
import io
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from search_spaces import arm
from study.simulated import simulated_source
from tests.benchmarks.cells import Numbers, measure_all
from tests.benchmarks.draws import split_once, trial_data
from trainables import trial
from trainables.data.sample import Sample
from trainables.segmenters.protocol import NoCheckpoints
from trainables.spec import (
    CellposeSpec,
    DataSpec,
    SegmenterSpec,
    StardistSpec,
    TrainingSpec,
    TrialSpec,
    WeightsSpec,
)

SEGMENTERS: dict[str, SegmenterSpec] = {"cellpose": CellposeSpec(), "stardist": StardistSpec()}
OURS, THEIRS, THEIRS_AT_OUR_RATE = "ours", "stock", "stock_our_rate"
THEIR_RATE = {"cellpose": 5e-5, "stardist": 3e-4}
"""Cellpose's advice for fine-tuning (documentation of 4.2) and StarDist's default."""
SOURCE_IMAGES, SOURCE_CROPS, CROPS = 60, 1600, 640
"""As in the quick study."""
SHORT_STEPS, LONG_STEPS = 4, 20
"""Their difference tells what a step of the stock trainer costs."""
CHANNELS = 3
"""Cellpose's trainer makes three of everything."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """All ways of fine-tuning one segmenter on one draw; draw 0 trains it on the source."""

    dataset: Path
    source: Path
    out: Path
    segmenter: str
    count: int
    draw: int

    @property
    def name(self) -> str:
        """Of the file with its numbers."""
        return f"{self.segmenter}_{self.count}_{self.draw}" if self.draw else self.weights

    @property
    def weights(self) -> str:
        """Name of the weights from the source."""
        return f"{self.segmenter}_source"


def measure(cell: Cell) -> Numbers:
    """Test F1 at IoU 0.5 and CPU seconds of every way, or of the training on the source."""
    dataset = cell.dataset if cell.draw else cell.source
    split = split_once(dataset, cell.out)
    count = cell.count if cell.draw else len(split.annotation_ids)
    data = trial_data(dataset, split, count=count, draw=cell.draw)
    data = dataclasses.replace(
        data, training=_in_colour(data.training), validation=_in_colour(data.validation)
    )
    folder = cell.out / "weights" / cell.weights
    spec = _spec(cell, DataSpec(split=split.hash, annotation_count=count, draw=cell.draw))
    if not cell.draw:
        folder.mkdir(parents=True, exist_ok=True)
        data = dataclasses.replace(data, test=())
        return _run(spec, data, keep_model=lambda model: model.save(folder))
    data = dataclasses.replace(data, test=_in_colour(data.test), weights=folder)
    numbers = {OURS: _run(spec, data)}
    for way, rate in ((THEIRS, THEIR_RATE[cell.segmenter]), (THEIRS_AT_OUR_RATE, None)):
        stock = _stock(cell.segmenter, rate=rate, seconds=numbers[OURS]["seconds"])
        numbers[way] = _run(spec, data, segmenter=stock)
    return numbers


def _spec(cell: Cell, data: DataSpec) -> TrialSpec:
    segmenter = SEGMENTERS[cell.segmenter]
    kind = "pretrained" if cell.draw else "scratch"
    point = arm.defaults(segmenter, extra="none", weights=kind, gans=())
    origin = WeightsSpec(kind="pretrained", origin="source", name=cell.weights)
    return TrialSpec(
        stage="confirm" if cell.draw else "fit_sources",
        arm="ours",
        study_seed=0,
        seed=0,
        data=data,
        segmenter=segmenter,
        training=TrainingSpec(
            images_seen=CROPS if cell.draw else SOURCE_CROPS,
            evaluations=4,
            batch_size=4,
            learning_rate=point["training.learning_rate"],
        ),
        weights=origin if cell.draw else WeightsSpec(),
    )


def _in_colour(samples: Any) -> list[Sample]:
    return [dataclasses.replace(one, image=one.image.repeat(CHANNELS, axis=2)) for one in samples]


def _run(spec: TrialSpec, data: trial.TrialData, *, segmenter: Any = None, **named: Any) -> Numbers:
    """One trial; with another segmenter in place of ours, where one is given."""
    make, spent = trial.make_segmenter, []

    def timed(spec: TrialSpec, *, channels: int) -> Any:
        made = (segmenter or make)(spec, channels=channels)
        fit = made.fit

        def fit_timed(*arguments: Any, **options: Any) -> None:
            started = time.process_time()
            fit(*arguments, **options)
            spent.append(getattr(made, "seconds", time.process_time() - started))

        made.fit = fit_timed
        return made

    trial.make_segmenter = timed
    try:
        result = trial.run_trial(
            spec, data, report=lambda progress: None, checkpoints=NoCheckpoints(), **named
        )
    finally:
        trial.make_segmenter = make
    return {"f1": float(np.mean(result.test.f1)) if data.test else None, "seconds": spent[0]}


def _stock(name: str, *, rate: float | None, seconds: float) -> Any:
    """A segmenter of ours whose `fit` is the stock trainer, run for about so many CPU seconds."""
    base, fit = {"cellpose": _stock_cellpose, "stardist": _stock_stardist}[name]()

    class Stock(base):
        def fit(self, samples: Sequence[Sample], *, validation: Any, **others: Any) -> None:
            learning_rate = rate or self._spec.training.learning_rate
            started = time.process_time()
            fit(self, samples, validation, steps=SHORT_STEPS, rate=learning_rate)
            middle = time.process_time()
            fit(self, samples, validation, steps=LONG_STEPS, rate=learning_rate)
            short, long = middle - started, time.process_time() - middle
            step = (long - short) / (LONG_STEPS - SHORT_STEPS)
            self._start_again()
            started = time.process_time()
            fit(self, samples, validation, steps=round(seconds / step), rate=learning_rate)
            self.seconds = time.process_time() - started

        def initialise(self, folder: Path) -> None:
            super().initialise(folder)
            self._start_again = lambda: super(Stock, self).initialise(folder)

    return Stock


def _stock_cellpose() -> tuple[Any, Any]:
    import torch
    from cellpose.train import train_seg
    from cellpose.vit import BaseModel

    from trainables.segmenters.cellpose import Cellpose

    class Compact(BaseModel):
        """The compact network as `train_seg` wants one."""

        def __init__(self, network: torch.nn.Module) -> None:
            super().__init__()
            self.backbone = "compact"
            self.network = network

        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, None]:
            return self.network(images), None

    def fit(
        ours: Cellpose, samples: Sequence[Sample], validation: Any, *, steps: int, rate: float
    ) -> None:
        batch = ours._spec.training.batch_size
        with tempfile.TemporaryDirectory() as folder:
            train_seg(
                Compact(ours._network),
                train_data=[one.image for one in samples],
                train_labels=[one.labels for one in samples],
                channel_axis=-1,
                learning_rate=rate,
                batch_size=batch,
                n_epochs=steps,
                nimg_per_epoch=batch,  # an epoch is a step
                bsize=ours._spec.training.crop_px,
                min_train_masks=0,
                save_path=folder,
                save_every=10**9,
            )
        ours._network.eval()

    return Cellpose, fit


def _stock_stardist() -> tuple[Any, Any]:
    from trainables.segmenters.stardist import Stardist

    def flipped(image: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As StarDist's own examples augment: flips, turns, brightness and noise."""
        turns = np.random.randint(4)
        image, labels = np.rot90(image, turns), np.rot90(labels, turns)
        if np.random.randint(2):
            image, labels = image[::-1], labels[::-1]
        image = image * np.random.uniform(0.6, 2) + np.random.uniform(-0.2, 0.2)
        return image + 0.02 * np.random.normal(size=image.shape), labels

    def fit(
        ours: Stardist, samples: Sequence[Sample], validation: Any, *, steps: int, rate: float
    ) -> None:
        model = ours._model()
        model.config.train_learning_rate = rate
        model.config.train_reduce_lr = {"factor": 0.5, "patience": 40, "min_delta": 0}
        model._model_prepared = False
        with contextlib.redirect_stdout(io.StringIO()):
            model.train(
                [one.image for one in samples],
                [one.labels for one in samples],
                validation_data=(
                    [one.image for one in validation],
                    [one.labels for one in validation],
                ),
                augmenter=flipped,
                epochs=1,
                steps_per_epoch=steps,
            )

    return Stardist, fit


def rows(cells: list[Cell], numbers: dict[str, Numbers]) -> Iterator[Numbers]:
    """Each way's mean over the draws, and how far ours lies above it draw by draw."""
    for name in dict.fromkeys(cell.segmenter for cell in cells):
        found = [numbers[cell.name] for cell in cells if cell.segmenter == name]
        ours = np.array([one[OURS]["f1"] for one in found])
        for way in (OURS, THEIRS, THEIRS_AT_OUR_RATE):
            f1 = np.array([one[way]["f1"] for one in found])
            yield {
                "segmenter": name,
                "way": way,
                "cpu_seconds": round(float(np.mean([one[way]["seconds"] for one in found])), 1),
                "f1": round(float(f1.mean()), 3),
                "ours_minus_it": " ".join(f"{gain:+.3f}" for gain in ours - f1),
            }


def main() -> None:
    options = _options()
    source = simulated_source(options.out, count=SOURCE_IMAGES, channels=1, seed=0)
    for dataset in (options.dataset, source):
        split_once(dataset, options.out)
    cells = [
        Cell(options.dataset, source, options.out, name, options.count, draw)
        for draw in range(options.draws + 1)
        for name in options.segmenters
    ]
    for some in ([c for c in cells if not c.draw], [c for c in cells if c.draw]):
        numbers = measure_all(measure, {cell.name: cell for cell in some}, options.out)
    table = list(rows([c for c in cells if c.draw], numbers))
    writer = csv.DictWriter(sys.stdout, table[0])
    writer.writeheader()
    writer.writerows(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--segmenters", nargs="+", choices=SEGMENTERS, default=tuple(SEGMENTERS))
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--draws", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
