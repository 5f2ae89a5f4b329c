"""The fit of one GAN from samples to a filtered pool, on one page; knows no Ray or MLflow."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainables.data.crops import draw_crop
from trainables.data.sample import Sample
from trainables.data.shelf import at_working_scale
from trainables.gan.fitting.fit import fit_gan
from trainables.gan.fitting.health import how_it_ended
from trainables.gan.fitting.watching import diversity, watch_distance
from trainables.gan.pools.fidelity import ON_INCEPTION, Features, fidelity
from trainables.gan.pools.files import POOL, REAL, write_pool
from trainables.gan.pools.inception import find_inception, inception_features
from trainables.gan.pools.judge import judge_features, train_judge
from trainables.gan.pools.pool import Pool, draw_pool, empty_share, pool_side_px
from trainables.gan.protocol import GanProgress, Generator
from trainables.results.cost import CostMeter
from trainables.results.result import Progress, TrialResult
from trainables.segmenters.protocol import Segmenter
from trainables.segmenters.validation import mean_f1
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import GanFitSpec
from trainables.training.contract import Checkpoints, Report

GENERATOR_FOLDER = "generator"
NO_F1 = float("nan")
"""A GAN has no validation F1 of its own."""


def run_gan_fit(
    spec: GanFitSpec,
    *,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    unlabelled: Sequence[Sample] = (),
    report: Report,
    checkpoints: Checkpoints,
    folder: Path,
) -> TrialResult:
    """Fits a GAN, paints a pool, keeps what a segmenter recognises, and measures it.

    Args:
        spec: what to fit.
        training: the annotated samples it may learn from, at the scale of the files.
        validation: the annotated samples that choose the judge's weights and set the floor of
            the distances; the GAN never sees them.
        unlabelled: images without labels that it may learn from as well.
        report: told how far the fit has come; `validation_f1` is NaN, `loss` the generator's.
        checkpoints: where an interrupted fit goes on from.
        folder: empty; gets the pool, as many real crops, and the generator.
    """
    meter = CostMeter()
    steps: list[GanProgress] = []

    def note(step: GanProgress) -> None:
        steps.append(step)
        report(_progress(step))

    randomness = Randomness((spec.study_seed, spec.data.draw, spec.seed))
    _, (training, validation, unlabelled) = at_working_scale(
        training,
        validation,
        unlabelled,
        smallest_px=spec.data.min_diameter_px,
        largest_px=spec.data.max_diameter_px,
    )
    judge = train_judge(spec, training=training, validation=validation, randomness=randomness)
    features = judge_features(judge, channels=training[0].image.shape[2])
    real = _real_crops(training, spec=spec, rng=randomness.generator("real crops"))
    unseen = _real_crops(validation, spec=spec, rng=randomness.generator("unseen crops"))
    with meter.fitting():
        generator = fit_gan(
            training,
            spec=spec.gan,
            randomness=randomness,
            report=note,
            checkpoints=checkpoints,
            unlabelled=unlabelled,
            watch=watch_distance(
                training,
                unseen,
                side_px=pool_side_px(spec.gan),
                features=features,
                seed=randomness.integer("watch"),
            ),
        )
    pool, numbers = _filtered_pool(
        generator,
        spec=spec,
        training=training,
        validation=validation,
        real=real,
        judge=judge,
        randomness=randomness,
    )
    _write(folder, pool=pool, real=real, generator=generator)
    distances = _distances(
        real, unseen, pool.samples, features=features, rng=randomness.generator("fidelity")
    )
    variation = diversity(
        generator, training, side_px=pool_side_px(spec.gan), rng=randomness.generator("diversity")
    )
    progress = [_progress(step) for step in steps]
    return TrialResult(
        trial_id=spec.id,
        spec=spec,
        status="completed",
        progress=tuple(progress),
        synthesis=numbers
        | {"diversity": variation}
        | distances
        | how_it_ended(steps, spec=spec.gan),
        cost=meter.cost(progress),
    )


def _filtered_pool(
    generator: Generator,
    *,
    spec: GanFitSpec,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    real: Sequence[Sample],
    judge: Segmenter,
    randomness: Randomness,
) -> tuple[Pool, dict[str, float]]:
    """What the judge recognises of what is painted, and how much that is.

    Of an empty pool `kept` is 0: trials that name it train on real images only.
    """
    judge_f1 = mean_f1(judge, validation)
    floor = spec.gan.floor(judge_f1)
    real_empty = empty_share(sample.labels for sample in real)
    pool = draw_pool(
        generator,
        samples=training,
        spec=spec.gan,
        segmenter=judge,
        floor=floor,
        real_empty_share=real_empty,
        maker=spec.id,
        randomness=randomness,
    )
    return pool, {
        "asked": pool.asked,
        "kept": pool.kept,
        "share_dropped": pool.share_dropped,
        "consistency_mean": float(np.mean(pool.consistency)),
        "empty_share": pool.empty_share,
        "empty_share_real": real_empty,
        "judge_validation_f1": judge_f1,
        "consistency_floor": floor,
    }


def _progress(step: GanProgress) -> Progress:
    return Progress(
        images_seen=step.images_seen,
        device_seconds=step.device_seconds,
        validation_f1=NO_F1,
        loss=step.loss,
    )


def _real_crops(
    samples: Sequence[Sample], *, spec: GanFitSpec, rng: np.random.Generator
) -> list[Sample]:
    """As many crops as the pool is to have, of its size."""
    crops = []
    for number in range(spec.gan.pool_size if samples else 0):
        sample = samples[int(rng.integers(len(samples)))]
        image, labels = draw_crop(sample, crop_px=pool_side_px(spec.gan), zoom=1.0, rng=rng)
        crops.append(
            Sample(id=f"{sample.id}_{number}", image=image, labels=labels, group=sample.group)
        )
    return crops


def _distances(
    real: Sequence[Sample],
    unseen: Sequence[Sample],
    synthetic: Sequence[Sample],
    *,
    features: Features,
    rng: np.random.Generator,
) -> dict[str, float]:
    """See `fidelity`; on Inception's features where its weights are at hand, else on these."""
    inception = find_inception()
    distances = fidelity(
        _images(real),
        _images(unseen),
        _images(synthetic),
        rng,
        features=inception_features(inception) if inception else features,
        rescale=inception is None,
    )
    return distances | {ON_INCEPTION: float(inception is not None)}


def _images(samples: Sequence[Sample]) -> np.ndarray:
    return np.array([sample.image for sample in samples], np.float32)


def _write(folder: Path, *, pool: Pool, real: Sequence[Sample], generator: Generator) -> None:
    write_pool(pool.samples, folder, name=POOL)
    write_pool(real, folder, name=REAL)
    (folder / GENERATOR_FOLDER).mkdir()
    generator.save(folder / GENERATOR_FOLDER)
