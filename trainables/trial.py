"""One trial from samples to scores, on one page; knows no Ray, Optuna or MLflow."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from trainables.data.sample import Sample
from trainables.data.shelf import at_working_scale
from trainables.extra.extra import extra_data
from trainables.extra.gan_encoder import start_from_gan_encoder
from trainables.metrics.scores import score_image
from trainables.models.model import Model
from trainables.models.thresholds import tune
from trainables.results.cost import CostMeter
from trainables.results.result import Progress, TrialResult
from trainables.results.score_table import ScoreTable, score_table
from trainables.segmenters.families import make_segmenter
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec
from trainables.training.contract import Checkpoints, Report

KeepPrediction = Callable[[Sample, np.ndarray], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialData:
    """All that one trial may touch, at the scale of the files."""

    training: Sequence[Sample] = field(repr=False)
    """The annotated samples it learns from; like the others they may be read one at a time."""
    validation: Sequence[Sample] = field(repr=False)
    """The annotated samples that choose its weights and thresholds."""
    test: Iterable[Sample] = field(default=(), repr=False)
    """Empty for every stage that may not see the test images; read one at a time."""
    unlabelled: Sequence[Sample] = field(default=(), repr=False)
    """Images whose labels are unknown, for what learns from them."""
    pool: Sequence[Sample] = field(default=(), repr=False)
    """Synthetic samples of the trial's GAN, already at the working scale."""
    weights: Path | None = None
    """The model whose weights training starts from, as `Segmenter.initialise` takes it."""
    size_edges_px: tuple[float, ...] = ()
    """Cell diameters that part the classes in which test images are scored as well."""


def run_trial(
    spec: TrialSpec,
    data: TrialData,
    *,
    report: Report,
    checkpoints: Checkpoints,
    keep_model: Callable[[Model], None] = lambda model: None,
    keep_prediction: KeepPrediction = lambda sample, labels: None,
) -> TrialResult:
    """Trains one configuration, tunes its thresholds on validation and scores it.

    Args:
        spec: what to train, and how.
        data: the only samples that the trial touches.
        report: told of the progress at each evaluation.
        checkpoints: where an interrupted training goes on from.
        keep_model: called once with the trained model.
        keep_prediction: called with each test sample and the labels predicted for it.
    """
    meter = CostMeter()
    progress: list[Progress] = []

    def note(step: Progress) -> None:
        progress.append(step)
        report(step)

    randomness = Randomness((spec.study_seed, spec.data.draw, spec.seed))
    scale, (training, validation, unlabelled) = at_working_scale(
        data.training,
        data.validation,
        data.unlabelled,
        smallest_px=spec.data.min_diameter_px,
        largest_px=spec.data.max_diameter_px,
    )
    channels = training[0].image.shape[2]
    extra = extra_data(
        spec,
        training,
        validation=validation,
        unlabelled=unlabelled,
        pool=data.pool,
        randomness=randomness,
    )
    segmenter = make_segmenter(spec, channels=channels)
    if data.weights:
        segmenter.initialise(data.weights)
    if spec.weights.kind == "gan_encoder":
        start_from_gan_encoder(
            segmenter, spec, images=[*training, *unlabelled], randomness=randomness
        )
    if spec.training.images_seen:
        with meter.fitting():
            segmenter.fit(
                training,
                extra=extra,
                validation=validation,
                randomness=randomness,
                report=note,
                checkpoints=checkpoints,
            )
    segmenter.thresholds = tune(
        segmenter,
        validation,
        tries=spec.threshold_tries,
        rng=randomness.generator("thresholds"),
    )
    model = Model(spec=spec, segmenter=segmenter, channels=channels, scale=scale)
    keep_model(model)
    return TrialResult(
        trial_id=spec.id,
        spec=spec,
        status="completed",
        progress=tuple(progress),
        thresholds=segmenter.thresholds,
        validation=_score(model, data.validation),
        test=_score(model, data.test, keep=keep_prediction, size_edges_px=data.size_edges_px),
        synthesis={"pool": len(extra.pool), "ratio": extra.ratio},
        cost=meter.cost(progress),
    )


def _score(
    model: Model,
    samples: Iterable[Sample],
    keep: KeepPrediction = lambda sample, labels: None,
    size_edges_px: Sequence[float] = (),
) -> ScoreTable:
    """Scores at the scale of the files, one image at a time."""
    scores = []
    for sample in samples:
        predicted = model.predict(sample.image)
        keep(sample, predicted)
        scores.append(
            score_image(
                sample.labels,
                predicted,
                sample_id=sample.id,
                group=sample.group,
                size_edges_px=size_edges_px,
            )
        )
    return score_table(scores)
