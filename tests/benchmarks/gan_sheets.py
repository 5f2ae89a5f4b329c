"""What each GAN makes of a few annotated images: a picture to look at, and its numbers.

Run by hand; every row of a picture is three real crops, three masks, three crops made from them:

    python -m tests.benchmarks.gan_sheets --dataset my_images --out sheets
    python -m tests.benchmarks.gan_sheets --dataset stained --architectures spade --out sheets
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.color import label2rgb

from trainables.data.layouts.layouts import open_dataset
from trainables.data.sample import Sample
from trainables.data.simulation.cells import draw_any_well, simulate
from trainables.data.trial_data import TrialData
from trainables.gan.pools.files import POOL, REAL, read_samples
from trainables.gan_trial import run_gan_fit
from trainables.results.result import TrialResult
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec, paper_gan
from trainables.spec.trial_spec import DataSpec, GanFitSpec
from trainables.training.contract import NoCheckpoints

STAINED = "stained"
"""In place of a folder: simulated sections in colour, as if stained with H&E."""
ROWS, COLUMNS = 4, 3
NUMBERS = (
    "consistency_mean",
    "kid",
    "kid_floor",
    "precision",
    "recall",
    "memorisation",
    "diversity",
)


def stained_samples(*, count: int) -> list[Sample]:
    """Simulated sections in colour, each of its own stain and microscope."""
    samples, rng = [], np.random.default_rng(0)
    while len(samples) < count:
        well = draw_any_well(rng)
        if well.look == STAINED:
            name = f"stained_{len(samples)}"
            image, labels = simulate(well, size_px=256, channels=3, rng=rng)
            samples.append(Sample(id=name, image=image, labels=labels, group=name))
    return samples


def real_samples(folder: Path, *, count: int) -> list[Sample]:
    """Images of a data set, evenly spaced by name."""
    dataset = open_dataset(folder)
    ids = sorted(entry.id for entry in dataset.entries)
    chosen = np.linspace(0, len(ids) - 1, count).round().astype(int)
    return [dataset.read(ids[n]) for n in chosen]


def fit(samples: list[Sample], gan: GanSpec, folder: Path) -> TrialResult:
    """Fits on four fifths of the samples; every crop that is made is kept."""
    spec = GanFitSpec(
        study_seed=0,
        seed=0,
        data=DataSpec(split="sheet", annotation_count=len(samples), draw=0),
        gan=gan,
    )
    validation = samples[:: max(len(samples) // 2, 1)][:2]
    training = [sample for sample in samples if sample not in validation]
    return run_gan_fit(
        spec,
        TrialData(training=training, validation=validation),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        folder=folder,
    )


def sheet(folder: Path) -> np.ndarray:
    """uint8 [H, W, 3]: real crops, masks, made crops; black where there are too few."""
    real, made = (read_samples(folder, name=name) or [] for name in (REAL, POOL))
    blocks = (
        [_picture(sample.image) for sample in real],
        [label2rgb(sample.labels, bg_label=0) for sample in made],
        [_picture(sample.image) for sample in made],
    )
    empty = np.zeros_like(blocks[0][0])
    return (255 * np.concatenate([_block(tiles, empty) for tiles in blocks], axis=1)).astype(
        np.uint8
    )


def _block(tiles: list[np.ndarray], empty: np.ndarray) -> np.ndarray:
    """The first tiles in rows, each with a black frame."""
    filled = [
        np.pad(tile, ((2, 2), (2, 2), (0, 0))) for tile in [*tiles, *ROWS * COLUMNS * [empty]]
    ]
    return np.concatenate(
        [np.concatenate(filled[n * COLUMNS : (n + 1) * COLUMNS], axis=1) for n in range(ROWS)]
    )


def _picture(image: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.clip(image, 0, 1), (*image.shape[:2], 3))


def main() -> None:
    options = _options()
    stained = str(options.dataset) == STAINED
    samples = (
        stained_samples(count=options.images)
        if stained
        else real_samples(options.dataset, count=options.images)
    )
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"{'architecture':12} {'fit s':>6} " + " ".join(f"{name:>16}" for name in NUMBERS))
    for name in options.architectures:
        gan = paper_gan(
            name,
            images_seen=options.images_seen,
            pool_size=ROWS * COLUMNS,
            consistency_floor=0.0,
            mask_source=options.mask_source,
        )
        with tempfile.TemporaryDirectory() as folder:
            result = fit(samples, gan, Path(folder))
            Image.fromarray(sheet(Path(folder))).save(options.out / f"{name}.png")
        seconds = result.progress[-1].device_seconds
        numbers = " ".join(f"{result.synthesis[key]:16.3f}" for key in NUMBERS)
        print(f"{name:12} {seconds:6.0f} {numbers}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = tuple(ARCHITECTURES)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--architectures", nargs="+", choices=names, default=names)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--images-seen", type=int, default=GanSpec().images_seen)
    parser.add_argument("--mask-source", default="recomposed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
