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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.cells import CELLS_FILE, Numbers, measure_all
from tests.benchmarks.draws import split_once, trial_data
from tests.benchmarks.quick_trials import quick_trial, simulated, source_trial
from tests.benchmarks.stock import as_cellpose_model, augment_as_stardist
from trainables.data.sample import Sample
from trainables.data.trial_data import TrialData, at_working_scale
from trainables.metrics.scores import score_image
from trainables.models.model import Model
from trainables.models.thresholds import tune
from trainables.results.score_table import score_table
from trainables.segmenters.made import make_segmenter
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import DataSpec, TrialSpec
from trainables.training.contract import Extra, NoCheckpoints

THEIR_RATE = {"cellpose": 5e-5, "stardist": 3e-4}
"""Cellpose's advice for fine-tuning (documentation of 4.2) and StarDist's default."""
WAYS = ("ours", "stock", "stock_at_our_rate")
SOME_STEPS = 20
"""Tell what a step of Cellpose's trainer costs."""
MOST_STEPS = 100_000
"""Of StarDist's trainer, whose time is up long before."""
CHANNELS = 3
"""Cellpose's trainer makes three of everything."""
Samples = Sequence[Sample]
Train = Callable[[Any, Samples, Samples], None]
"""Trains a segmenter on the first samples; the second are for validation."""


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
        """Of its numbers; of the folder of weights, for draw 0."""
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
    folder = cell.out / "weights" / cell.weights
    images = DataSpec(split=split.hash, annotation_count=count, draw=cell.draw)
    if not cell.draw:
        spec = source_trial(cell.segmenter, images)
        folder.mkdir(parents=True, exist_ok=True)
        model, seconds = _trained(spec, data, weights=None, train=_ours(spec))
        model.save(folder)
        return {"seconds": seconds}
    spec = quick_trial(cell.segmenter, images, weights=cell.weights)
    model, seconds = _trained(spec, data, weights=folder, train=_ours(spec))
    numbers = {"ours": {"f1": _test_f1(model, data), "seconds": seconds}}
    rates = (THEIR_RATE[cell.segmenter], spec.training.learning_rate)
    for way, rate in zip(WAYS[1:], rates, strict=True):
        train, spent = _stock(cell.segmenter, weights=folder, rate=rate, seconds=seconds)
        model, _ = _trained(spec, data, weights=folder, train=train)
        numbers[way] = {"f1": _test_f1(model, data), "seconds": spent[0]}
    return numbers


def _trained(
    spec: TrialSpec, data: TrialData, *, weights: Path | None, train: Train
) -> tuple[Model, float]:
    """A model with tuned thresholds, as a trial makes one, and the CPU seconds of its training."""
    coloured = TrialData(training=_in_colour(data.training), validation=_in_colour(data.validation))
    working = at_working_scale(coloured, spec.data)
    segmenter = make_segmenter(spec, channels=CHANNELS)
    if weights:
        segmenter.initialise(weights)
    started = time.process_time()
    train(segmenter, working.training, working.validation)
    seconds = time.process_time() - started
    rng = np.random.default_rng(0)
    segmenter.thresholds = tune(segmenter, working.validation, tries=spec.threshold_tries, rng=rng)
    return Model(spec=spec, segmenter=segmenter, channels=CHANNELS, scale=working.scale), seconds


def _in_colour(samples: Any) -> list[Sample]:
    return [dataclasses.replace(one, image=one.image.repeat(CHANNELS, axis=2)) for one in samples]


def _test_f1(model: Model, data: TrialData) -> float:
    scores = [
        score_image(one.labels, model.predict(one.image), sample_id=one.id, group=one.group)
        for one in _in_colour(data.test)
    ]
    return float(np.mean(score_table(scores).f1))


def _ours(spec: TrialSpec) -> Train:
    def train(segmenter: Any, samples: Samples, validation: Samples) -> None:
        segmenter.fit(
            samples,
            extra=Extra(),
            validation=validation,
            randomness=Randomness((0, spec.data.draw)),
            report=lambda progress: None,
            checkpoints=NoCheckpoints(),
        )

    return train


def _stock(name: str, *, weights: Path, rate: float, seconds: float) -> tuple[Train, list[float]]:
    """The stock trainer, run for about so many CPU seconds, and where it notes what it took."""
    spent: list[float] = []

    def train(segmenter: Any, samples: Samples, validation: Samples) -> None:
        if name == "cellpose":
            taken = _cellpose(segmenter, samples, weights=weights, rate=rate, seconds=seconds)
        else:
            taken = _stardist(segmenter, samples, validation, rate=rate, seconds=seconds)
        spent.append(taken)

    return train, spent


def _cellpose(
    segmenter: Any, samples: Samples, *, weights: Path, rate: float, seconds: float
) -> float:
    """Cellpose's `train_seg` on the compact network, after a short run that tells its speed."""
    some = _cellpose_steps(segmenter, samples, steps=SOME_STEPS, rate=rate)
    segmenter.initialise(weights)
    steps = round(seconds / float(np.median(some)))
    return float(np.sum(_cellpose_steps(segmenter, samples, steps=steps, rate=rate)))


def _cellpose_steps(segmenter: Any, samples: Samples, *, steps: int, rate: float) -> np.ndarray:
    """CPU seconds from each of so many steps to the next; the flows before are not counted."""
    from cellpose.train import train_seg

    training = segmenter._spec.training
    started: list[float] = []
    hook = segmenter._network.register_forward_pre_hook(
        lambda network, inputs: started.append(time.process_time())
    )
    with tempfile.TemporaryDirectory() as folder:
        train_seg(
            as_cellpose_model(segmenter._network),
            train_data=[one.image for one in samples],
            train_labels=[one.labels for one in samples],
            channel_axis=-1,
            learning_rate=rate,
            batch_size=training.batch_size,
            n_epochs=steps,
            nimg_per_epoch=training.batch_size,  # an epoch is a step
            bsize=training.crop_px,
            min_train_masks=0,
            save_path=folder,
            save_every=10**9,
        )
    hook.remove()
    segmenter._network.eval()
    return np.diff(started)


def _stardist(
    segmenter: Any, samples: Samples, validation: Samples, *, rate: float, seconds: float
) -> float:
    """StarDist's `train`, stopped when its time is up; compilation is not counted against it."""
    import keras

    class Clock(keras.callbacks.Callback):
        """Starts after the first step."""

        started = spent = 0.0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.started = self.started or time.process_time()
            self.spent = time.process_time() - self.started
            self.model.stop_training = self.spent >= seconds

    model, clock = segmenter._model(), Clock()
    model.config.train_learning_rate = rate
    model.prepare_for_training()
    model.callbacks.append(clock)
    with contextlib.redirect_stdout(io.StringIO()):
        model.train(
            [one.image for one in samples],
            [one.labels for one in samples],
            validation_data=([v.image for v in validation], [v.labels for v in validation]),
            augmenter=augment_as_stardist,
            epochs=1,
            steps_per_epoch=MOST_STEPS,
        )
    return clock.spent


def rows(cells: list[Cell], numbers: dict[str, Numbers]) -> Iterator[Numbers]:
    """Each way's mean over the draws, and how far ours lies above it draw by draw."""
    for name in dict.fromkeys(cell.segmenter for cell in cells):
        found = [numbers[cell.name] for cell in cells if cell.segmenter == name]
        ours = np.array([one["ours"]["f1"] for one in found])
        for way in WAYS:
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
    source = simulated(options.out)
    for dataset in (options.dataset, source):
        split_once(dataset, options.out)
    cells = [
        Cell(options.dataset, source, options.out, name, options.count, draw)
        for draw in range(options.draws + 1)
        for name in options.segmenters
    ]
    for some in ([c for c in cells if not c.draw], [c for c in cells if c.draw]):
        numbers = measure_all(measure, {cell.name: cell for cell in some}, options.out / CELLS_FILE)
    table = list(rows([c for c in cells if c.draw], numbers))
    writer = csv.DictWriter(sys.stdout, table[0])
    writer.writeheader()
    writer.writerows(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--segmenters", nargs="+", choices=THEIR_RATE, default=tuple(THEIR_RATE))
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--draws", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
