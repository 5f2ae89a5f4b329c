"""The fit of one GAN from samples to a filtered pool, on one page; without Ray or MLflow."""

from pathlib import Path

from trainables.data.trial_data import TrialData, WorkingData, at_working_scale
from trainables.gan.fitting.fit import fit_gan
from trainables.gan.fitting.health import how_it_ended
from trainables.gan.fitting.watching import diversity, watch_distance
from trainables.gan.pools.distances import distances
from trainables.gan.pools.files import write_fit
from trainables.gan.pools.judge import Judge, train_judge
from trainables.gan.pools.pool import Pool, draw_pool, empty_share, pool_side_px
from trainables.gan.pools.real_crops import RealCrops, draw_real_crops
from trainables.gan.protocol import GanProgress, Generator, Watch
from trainables.results.cost import CostMeter
from trainables.results.result import Progress, TrialResult
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import GanFitSpec
from trainables.training.contract import Checkpoints, Report

NO_F1 = float("nan")
"""Reported as validation F1, which a GAN does not have."""


def run_gan_fit(
    spec: GanFitSpec,
    data: TrialData,
    *,
    report: Report,
    checkpoints: Checkpoints,
    folder: Path,
) -> TrialResult:
    """Fits a GAN, paints a pool, keeps what a segmenter recognises, and measures it.

    Args:
        spec: what to fit.
        data: what the GAN may learn from; its validation samples, which the GAN never sees, choose
            the judge's weights and set the floor of the distances.
        report: called with the progress of the fit; `validation_f1` is NaN, `loss` the generator's.
        checkpoints: from which an interrupted fit resumes.
        folder: empty; receives the pool, the same number of real crops, and the generator.
    """
    meter = CostMeter()
    steps: list[GanProgress] = []

    def note(step: GanProgress) -> None:
        steps.append(step)
        report(_progress(step))

    randomness = Randomness.of(spec)
    working = at_working_scale(data, spec.data)
    judge = train_judge(spec, working, randomness=randomness)
    real = draw_real_crops(working, spec=spec.gan, randomness=randomness)
    with meter.fitting():
        generator = fit_gan(
            working.training,
            spec=spec.gan,
            randomness=randomness,
            report=note,
            checkpoints=checkpoints,
            unlabelled=working.unlabelled,
            watch=_watch(spec, working, judge=judge, real=real),
        )
    pool = _filtered_pool(generator, spec, working, judge=judge, real=real)
    write_fit(folder, pool=pool.samples, real=real.training, generator=generator)
    rng = randomness.generator("fidelity")
    synthesis = {
        **pool.numbers,
        "judge_validation_f1": judge.validation_f1,
        "diversity": _diversity(generator, spec, working),
        **distances(pool.samples, real, features=judge.features, rng=rng),
        **how_it_ended(steps, spec=spec.gan),
    }
    progress = [_progress(step) for step in steps]
    return TrialResult(
        trial_id=spec.id,
        spec=spec,
        status="completed",
        progress=tuple(progress),
        synthesis=synthesis,
        cost=meter.cost(progress),
    )


def _progress(step: GanProgress) -> Progress:
    return Progress(
        images_seen=step.images_seen,
        device_seconds=step.device_seconds,
        validation_f1=NO_F1,
        loss=step.loss,
    )


def _watch(spec: GanFitSpec, data: WorkingData, *, judge: Judge, real: RealCrops) -> Watch:
    return watch_distance(
        data.training,
        real.unseen,
        side_px=pool_side_px(spec.gan),
        features=judge.features,
        seed=Randomness.of(spec).integer("watch"),
    )


def _filtered_pool(
    generator: Generator, spec: GanFitSpec, data: WorkingData, *, judge: Judge, real: RealCrops
) -> Pool:
    """The painted crops that the judge recognises.

    It may be nothing: trials that name an empty pool train on real images only.
    """
    return draw_pool(
        generator,
        samples=data.training,
        spec=spec.gan,
        segmenter=judge.segmenter,
        floor=spec.gan.floor(judge.validation_f1),
        real_empty_share=empty_share(sample.labels for sample in real.training),
        maker=spec.id,
        randomness=Randomness.of(spec),
    )


def _diversity(generator: Generator, spec: GanFitSpec, data: WorkingData) -> float:
    rng = Randomness.of(spec).generator("diversity")
    return diversity(generator, data.training, side_px=pool_side_px(spec.gan), rng=rng)
