"""Time per image seen of our training loops against those of Cellpose and StarDist.

The same network, images, crop and batch in both; set-up, flows, compilation and the one evaluation
cancel, since only the difference of a long and a short training counts. CPU seconds, in which
other processes hardly count. Run by hand:

    python -m tests.benchmarks.transfer
"""

import argparse
import contextlib
import dataclasses
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np

from tests.benchmarks.stock import as_cellpose_model, augment_as_stardist
from tests.conftest import discs
from trainables.data.sample import Sample
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.protocol import Segmenter
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, SegmenterSettings, TrialSpec
from trainables.training.contract import Extra, NoCheckpoints

TARGETS = {"cellpose": 1.0, "stardist": 1.05}
BATCH = 8
CROP_PX = 128
SHORT_STEPS, LONG_STEPS = 8, 40
REPEATS = 4
IMAGES = 8


def samples(channels: int) -> list[Sample]:
    """Discs in images of 256 x 256."""
    made = [discs(f"s{n}", seed=n, side=256) for n in range(IMAGES)]
    return [dataclasses.replace(one, image=one.image.repeat(channels, axis=2)) for one in made]


def trial(segmenter: SegmenterSettings, *, steps: int) -> TrialSpec:
    """A training of so many steps, evaluated once."""
    return TrialSpec(
        stage="search",
        arm="benchmark",
        study_seed=0,
        seed=0,
        data=DataSpec(split="benchmark", annotation_count=IMAGES, draw=0),
        segmenter=segmenter,
        training=TrainingSpec(
            images_seen=steps * BATCH, batch_size=BATCH, crop_px=CROP_PX, evaluations=1
        ),
    )


def fit(segmenter: Segmenter, images: list[Sample]) -> None:
    """Our loop."""
    segmenter.fit(
        images,
        extra=Extra(),
        validation=images[:1],
        randomness=Randomness((0,)),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )


Run = Callable[[int], object]
"""A training of so many steps."""


def milliseconds_per_image(runs: Sequence[Run]) -> list[float]:
    """Of each kind of training, from its fastest short and its fastest long one.

    They take turns, so that a machine that slows down slows all of them.
    """
    seconds = np.full((REPEATS, len(runs), 2), np.nan)
    for repeat, kind, length in np.ndindex(*seconds.shape):
        started = time.process_time()
        runs[kind]((SHORT_STEPS, LONG_STEPS)[length])
        seconds[repeat, kind, length] = time.process_time() - started
    short, long = seconds.min(axis=0).T
    return list(1000 * (long - short) / ((LONG_STEPS - SHORT_STEPS) * BATCH))


def cellpose() -> tuple[Run, Run]:
    """Ours and Cellpose's own `train_seg`, both on the compact network."""
    from cellpose.train import train_seg

    from trainables.segmenters.cellpose.networks import build_network
    from trainables.segmenters.cellpose.segmenter import Cellpose

    images = samples(3)  # Cellpose makes three channels of everything

    def theirs(steps: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            train_seg(
                as_cellpose_model(build_network("compact", encoder="resnet18", channels=3)),
                train_data=[one.image for one in images],
                train_labels=[one.labels for one in images],
                channel_axis=-1,
                batch_size=BATCH,
                n_epochs=steps,  # as many steps: an epoch shows each of the eight images once
                bsize=CROP_PX,
                min_train_masks=0,
                save_path=folder,
                save_every=10_000,
            )

    def ours(steps: int) -> None:
        fit(Cellpose(trial(CellposeSpec(backbone="compact"), steps=steps), channels=3), images)

    return ours, theirs


def stardist() -> tuple[Run, Run]:
    """Ours and `StarDist2D.train`, both on the network of the default spec."""
    from trainables.segmenters.stardist.segmenter import Stardist  # isort: skip, it starts TensorFlow

    from trainables.segmenters.stardist import network as stardist_network

    images = samples(1)
    spec = StardistSpec()

    def theirs(steps: int) -> None:
        training = trial(spec, steps=steps).training
        model = stardist_network.build(spec, channels=1, training=training, radius_px=8, seed=0)
        x, y = [one.image for one in images], [one.labels for one in images]
        with contextlib.redirect_stdout(io.StringIO()):
            model.train(
                x,
                y,
                validation_data=(x[:1], y[:1]),
                augmenter=augment_as_stardist,
                epochs=1,
                steps_per_epoch=steps,
            )

    def ours(steps: int) -> None:
        fit(Stardist(trial(spec, steps=steps), channels=1), images)

    return ours, theirs


def main() -> None:
    """Each family in a process of its own: torch and TensorFlow must not meet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=tuple(TARGETS))
    family = parser.parse_args().family
    if family is None:
        for name in TARGETS:
            subprocess.run(
                [sys.executable, "-W", "ignore", "-m", __spec__.name, "--family", name],
                check=True,
                env=os.environ,
            )
        return
    ours, theirs = milliseconds_per_image({"cellpose": cellpose, "stardist": stardist}[family]())
    print(
        f"{family}: ours {ours:.1f} ms an image seen, stock {theirs:.1f} ms, ratio "
        f"{ours / theirs:.2f} (wanted: at most {TARGETS[family]})"
    )


if __name__ == "__main__":
    main()
