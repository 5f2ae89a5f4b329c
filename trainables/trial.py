"""One trial from samples to scores, on one page; without Ray, Optuna or MLflow."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from trainables.data.sample import Sample
from trainables.data.trial_data import TrialData, WorkingData, at_working_scale
from trainables.extra.extra import extra_data
from trainables.extra.gan_encoder import start_from_gan_encoder
from trainables.metrics.scores import score_image
from trainables.models.model import Model
from trainables.models.thresholds import tune
from trainables.results.cost import CostMeter
from trainables.results.result import Progress, TrialResult
from trainables.results.score_table import ScoreTable, score_table
from trainables.segmenters.made import make_segmenter
from trainables.segmenters.protocol import Segmenter
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec
from trainables.training.contract import Checkpoints, Report

KeepPrediction = Callable[[Sample, np.ndarray], None]


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
        report: called with the progress at each evaluation.
        checkpoints: from which interrupted training resumes.
        keep_model: called once with the trained model.
        keep_prediction: called with each test sample and the labels predicted for it.
    """
    meter = CostMeter()
    progress: list[Progress] = []

    def note(step: Progress) -> None:
        progress.append(step)
        report(step)

    randomness = Randomness.of(spec)
    working = at_working_scale(data, spec.data)
    extra = extra_data(spec, working, pool=data.pool, randomness=randomness)
    segmenter = _with_initial_weights(spec, working, model=data.weights)
    if spec.training.images_seen:
        with meter.fitting():
            segmenter.fit(
                working.training,
                extra=extra,
                validation=working.validation,
                randomness=randomness,
                report=note,
                checkpoints=checkpoints,
            )
    rng = randomness.generator("thresholds")
    segmenter.thresholds = tune(segmenter, working.validation, tries=spec.threshold_tries, rng=rng)
    model = Model(spec=spec, segmenter=segmenter, channels=working.channels, scale=working.scale)
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


def _with_initial_weights(
    spec: TrialSpec, working: WorkingData, *, model: Path | None
) -> Segmenter:
    """The segmenter as it is before training.

    Args:
        spec: of the trial.
        working: its samples, from whose images a GAN may learn an encoder.
        model: whose weights it starts from; None if it starts without a model.
    """
    segmenter = make_segmenter(spec, channels=working.channels)
    if model:
        segmenter.initialise(model)
    if spec.weights.kind == "gan_encoder":
        images = [*working.training, *working.unlabelled]
        start_from_gan_encoder(segmenter, spec, images=images, randomness=Randomness.of(spec))
    return segmenter


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
