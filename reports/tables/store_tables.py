"""Tables that list what is in the store: GAN fits, source trainings, failures, every trial."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from reports import words
from reports.columns import Column, Columns, column, csv_column, page_column, row_head, span_column
from reports.load import Study, arm_of, scored_on_test
from reports.verdict.cost import device_seconds
from trainables.results.result import TrialResult


class ImageResult(NamedTuple):
    """How one confirm training did on one test image."""

    training: TrialResult
    image: str
    group: str
    f1: float
    aji: float
    true_cells: int
    predicted_cells: int
    splits: int
    merges: int


def image_results(study: Study) -> Iterator[ImageResult]:
    """Every test image of every confirm training: there are many."""
    for result in scored_on_test(study):
        test = result.test
        numbers = (test.f1, test.aji, test.true_cells, test.predicted_cells)
        mistakes = (test.splits, test.merges)
        lists = [column.tolist() for column in (*numbers, *mistakes)]
        for values in zip(test.sample_ids, test.groups, *lists, strict=True):
            yield ImageResult(result, *values)


SOURCE_TRAININGS: Columns[TrialResult] = [
    column("segmenter", "segmenter", lambda one: one.trial.segmenter.kind, numeric=False),
    column("trial", "trial", lambda one: one.trial_id, numeric=False),
    column("status", "status", lambda one: one.status, numeric=False),
    column("validation F1", "validation_f1", lambda one: one.validation_f1, words.score),
    column("time", "device_seconds", device_seconds, words.seconds),
]
"""A training of the weights that transfer arms start from."""
NOT_COMPLETED: Columns[TrialResult] = [
    row_head("arm", "arm", arm_of),
    column("stage", "stage", lambda one: one.spec.stage, numeric=False),
    column("trial", "trial", lambda one: one.trial_id, numeric=False),
    column("status", "status", lambda one: one.status, numeric=False),
    column("reason", "reason", lambda one: one.reason, numeric=False),
]
"""A trial that did not complete, and why; pruning is no fault."""
TRIALS: Columns[TrialResult] = [
    csv_column("trial", lambda one: one.trial_id),
    csv_column("stage", lambda one: one.spec.stage),
    csv_column("arm", arm_of),
    csv_column("annotation_count", lambda one: one.spec.data.annotation_count),
    csv_column("draw", lambda one: one.spec.data.draw),
    csv_column("seed", lambda one: one.spec.seed),
    csv_column("status", lambda one: one.status),
    csv_column("reason", lambda one: one.reason),
    csv_column("validation_f1", lambda one: one.validation_f1),
    csv_column("test_f1", lambda one: one.test_f1),
    csv_column("device_seconds", device_seconds),
]
TEST_IMAGES: Columns[ImageResult] = [
    csv_column("arm", lambda one: one.training.trial.arm),
    csv_column("annotation_count", lambda one: one.training.spec.data.annotation_count),
    csv_column("draw", lambda one: one.training.spec.data.draw),
    csv_column("seed", lambda one: one.training.spec.seed),
    csv_column("image", lambda one: one.image),
    csv_column("group", lambda one: one.group),
    csv_column("f1", lambda one: one.f1),
    csv_column("aji", lambda one: one.aji),
    csv_column("true_cells", lambda one: one.true_cells),
    csv_column("predicted_cells", lambda one: one.predicted_cells),
    csv_column("splits", lambda one: one.splits),
    csv_column("merges", lambda one: one.merges),
]


def gan_fits(fits: Sequence[TrialResult]) -> Columns[TrialResult]:
    """A GAN fit, with what its pool is worth: every number that any of the fits has."""
    columns = [
        column("fit", "fit", lambda fit: fit.trial_id, numeric=False),
        column("images", "annotation_count", lambda fit: fit.spec.data.annotation_count),
        column("draw", "draw", lambda fit: fit.spec.data.draw),
        csv_column("status", lambda fit: fit.status),
        csv_column("ended", _how_it_ended),
        csv_column("device_seconds", device_seconds),
        _measures(("kept", "asked"), _kept, heading="kept of drawn"),
        _measure("dropped", "share_dropped", words.percent),
        _measure("KID", "kid", words.number, key=True),
        _measures(("kid_low", "kid_high"), _between),
        _measure("KID floor", "kid_floor", words.number),
        page_column("ended", _how_it_ended, numeric=False),
        page_column("time", lambda fit: words.seconds(device_seconds(fit))),
    ]
    named = {name for column in columns for name in column.csv}
    measured = dict.fromkeys(name for fit in fits for name in fit.synthesis if _measured(fit, name))
    return [*columns, *(_other_measure(name) for name in measured if name not in named)]


def _measure(
    heading: str, name: str, show: Callable[[float], str], *, key: bool = False
) -> Column[TrialResult]:
    return column(heading, name, lambda fit: _value(fit, name), show, key=key)


def _measures(
    names: tuple[str, str], show: Callable[[float, float], str], *, heading: str = "95 % interval"
) -> Column[TrialResult]:
    one, other = names
    return span_column(
        names, lambda fit: (_value(fit, one), _value(fit, other)), show, heading=heading
    )


def _other_measure(name: str) -> Column[TrialResult]:
    return csv_column(name, lambda fit: _value(fit, name))


def _value(fit: TrialResult, name: str) -> float:
    """A fit that failed, or whose pool is empty, lacks measures that others have."""
    return fit.synthesis[name] if _measured(fit, name) else math.nan


def _measured(fit: TrialResult, name: str) -> bool:
    return isinstance(fit.synthesis.get(name), int | float)


def _how_it_ended(fit: TrialResult) -> str:
    """The ending in words; results of earlier software do not state it."""
    seen, kept = (fit.synthesis.get(f"{name}_images_seen") for name in ("fit", "kept_at"))
    if fit.status != "completed" or seen is None or kept is None:
        return words.MISSING if fit.status == "completed" else fit.status
    how = f"stopped early at {seen:,}" if fit.synthesis["stopped_early"] else f"at {seen:,}"
    return f"{how} crops" if kept == seen else f"{how} crops, weights of {kept:,} kept"


def _kept(kept: float, asked: float) -> str:
    return " of ".join(words.MISSING if math.isnan(n) else f"{n:.0f}" for n in (kept, asked))


def _between(low: float, high: float) -> str:
    return words.MISSING if math.isnan(low) else f"{words.number(low)} to {words.number(high)}"
