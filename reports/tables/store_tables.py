"""Tables that list what is in the store: GAN fits, source trainings, failures, every trial."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from reports import words
from reports.columns import Row, Table, column, interval_column
from reports.load import Study, arm_of, scored_on_test, trials
from reports.verdict.cost import device_seconds
from trainables.results.result import TrialResult
from trainables.results.score_table import ScoreTable


def gans_table(study: Study) -> Table:
    """Every GAN fit, with what its pool is worth."""
    rows = [_gan_row(fit) for fit in trials(study, stage="fit_gans")]
    # A fit that failed, or whose pool is empty, lacks measures that others have.
    unknown = dict.fromkeys((name for row in rows for name in row), math.nan)
    return Table(
        name="gan_fits",
        rows=[unknown | row for row in rows],
        columns=[
            column("fit", "fit", numeric=False),
            column("images", "annotation_count"),
            column("draw", "draw"),
            interval_column("kept", "asked", _kept, label="kept of drawn"),
            column("dropped", "share_dropped", words.percent),
            column("KID", "kid", words.number),
            interval_column("kid_low", "kid_high", _between),
            column("KID floor", "kid_floor", words.number),
            column("ended", "ended", numeric=False),
            column("time", "device_seconds", words.seconds),
        ],
    )


def sources_table(study: Study) -> Table:
    """Trainings of the weights that transfer arms start from."""
    return Table(
        name="source_trainings",
        rows=[_source_row(result) for result in trials(study, stage="fit_sources")],
        columns=[
            column("segmenter", "segmenter", numeric=False),
            column("trial", "trial", numeric=False),
            column("status", "status", numeric=False),
            column("validation F1", "validation_f1", words.score),
            column("time", "device_seconds", words.seconds),
        ],
    )


def failures_table(study: Study) -> Table:
    """Every trial that did not complete, and why; pruning is no fault."""
    broken = [result for result in study.results if result.status != "completed"]
    return Table(
        name="not_completed",
        rows=[_failure_row(result) for result in broken],
        columns=[
            column("stage", "stage", numeric=False),
            column("trial", "trial", numeric=False),
            column("status", "status", numeric=False),
            column("reason", "reason", numeric=False),
        ],
    )


def trial_rows(study: Study) -> list[Row]:
    """Every trial of the study, one a row, for CSV alone."""
    return [
        {
            "trial": result.trial_id,
            "stage": result.spec.stage,
            "arm": arm_of(result),
            "annotation_count": result.spec.data.annotation_count,
            "draw": result.spec.data.draw,
            "seed": result.spec.seed,
            "status": result.status,
            "reason": result.reason,
            "validation_f1": result.validation_f1,
            "test_f1": result.test_f1,
            "device_seconds": device_seconds(result),
        }
        for result in study.results
    ]


def image_rows(study: Study) -> Iterator[Row]:
    """Every test image of every confirm training, one a row, for CSV alone: there are many."""
    return (
        {
            "arm": result.trial.arm,
            "annotation_count": result.spec.data.annotation_count,
            "draw": result.spec.data.draw,
            "seed": result.spec.seed,
            **image,
        }
        for result in scored_on_test(study)
        for image in _images(result.test)
    )


def _images(scores: ScoreTable) -> Iterator[Row]:
    columns: dict[str, Sequence[Any]] = {
        "image": scores.sample_ids,
        "group": scores.groups,
        "f1": scores.f1.tolist(),
        "aji": scores.aji.tolist(),
        "true_cells": scores.true_cells.tolist(),
        "predicted_cells": scores.predicted_cells.tolist(),
        "splits": scores.splits.tolist(),
        "merges": scores.merges.tolist(),
    }
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _gan_row(fit: TrialResult) -> dict[str, Any]:
    known = fit.synthesis
    row = {
        "fit": fit.trial_id,
        "annotation_count": fit.spec.data.annotation_count,
        "draw": fit.spec.data.draw,
        "status": fit.status,
        "ended": _how_it_ended(fit),
        "device_seconds": device_seconds(fit),
    }
    names = ("kept", "asked", "share_dropped", "kid", "kid_low", "kid_high", "kid_floor")
    row |= {name: known.get(name, math.nan) for name in names}
    others = {name: value for name, value in known.items() if name not in row}
    return row | {name: value for name, value in others.items() if isinstance(value, int | float)}


def _how_it_ended(fit: TrialResult) -> str:
    """In words; results of earlier software do not tell."""
    seen, kept = (fit.synthesis.get(f"{name}_images_seen") for name in ("fit", "kept_at"))
    if fit.status != "completed" or seen is None or kept is None:
        return words.MISSING if fit.status == "completed" else fit.status
    how = f"stopped early at {seen:,}" if fit.synthesis["stopped_early"] else f"at {seen:,}"
    return f"{how} crops" if kept == seen else f"{how} crops, weights of {kept:,} kept"


def _source_row(result: TrialResult) -> Row:
    return {
        "segmenter": result.trial.segmenter.kind,
        "trial": result.trial_id,
        "status": result.status,
        "validation_f1": result.validation_f1,
        "device_seconds": device_seconds(result),
    }


def _failure_row(result: TrialResult) -> Row:
    return {
        "arm": arm_of(result),
        "stage": result.spec.stage,
        "trial": result.trial_id,
        "status": result.status,
        "reason": result.reason,
    }


def _kept(kept: float, asked: float) -> str:
    return " of ".join(words.MISSING if math.isnan(n) else f"{n:.0f}" for n in (kept, asked))


def _between(low: float, high: float) -> str:
    return words.MISSING if math.isnan(low) else f"{words.number(low)} to {words.number(high)}"
