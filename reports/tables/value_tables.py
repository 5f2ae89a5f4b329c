"""Tables of what annotations and device time buy."""

import math

from reports import words
from reports.columns import Columns, column, csv_column, page_column, row_head, span_column
from reports.findings.cost_to_score import CostToScore, Point
from reports.findings.curves import Reading
from reports.findings.equivalence import Equivalence
from reports.findings.optimism import Optimism


def worth_of(one: Equivalence, *, above: str = "more than", below: str = "at most") -> str:
    """What an arm saves in annotated images; where that lies outside the curve, its end."""
    reading, count = one.baseline, one.annotation_count
    if one.worth == math.inf:
        return f"{above} {reading.largest - count}"
    if one.worth == -math.inf:
        return f"{below} {reading.smallest - count}".replace("-", "−")
    return words.signed(one.worth)


def _images(reading: Reading) -> str:
    return words.images(reading.count, reading.smallest, reading.largest)


def _images_span(reading: Reading) -> str:
    return words.images_span(reading.low, reading.high, reading.smallest, reading.largest)


def _yes(holds: bool) -> str:
    return "yes" if holds else words.MISSING


ANNOTATION_EQUIVALENCE: Columns[Equivalence] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("annotated images", "annotation_count", lambda one: one.annotation_count),
    column("F1@0.5", "f1", lambda one: one.f1, words.score),
    page_column("U-Net needs", lambda one: _images(one.baseline)),
    page_column("95 % interval", lambda one: _images_span(one.baseline)),
    csv_column("unet_count", lambda one: one.baseline.count),
    csv_column("unet_low", lambda one: one.baseline.low),
    csv_column("unet_high", lambda one: one.baseline.high),
    page_column("worth", lambda one: worth_of(one, above=">", below="≤"), key=True),
    csv_column("worth", lambda one: one.worth),
    span_column(
        ("worth_low", "worth_high"),
        lambda one: (one.worth_low, one.worth_high),
        words.signed_span,
    ),
    csv_column("smallest", lambda one: one.baseline.smallest),
    csv_column("largest", lambda one: one.baseline.largest),
]
"""What an arm is worth in annotated images of the baseline."""
COST_TO_SCORE: Columns[CostToScore] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("for F1", "target_f1", lambda one: one.target_f1, "{:g}".format),
    page_column("annotated images", lambda one: _images(one.annotations)),
    page_column("95 % interval", lambda one: _images_span(one.annotations)),
    csv_column("annotations", lambda one: one.annotations.count),
    csv_column("low", lambda one: one.annotations.low),
    csv_column("high", lambda one: one.annotations.high),
    csv_column("measured_count", lambda one: one.measured_count),
    column("one training", "model_seconds", lambda one: one.model_device_seconds, words.seconds),
    column(
        "with its search",
        "search_seconds",
        lambda one: one.with_search_device_seconds,
        words.seconds,
    ),
    csv_column("smallest", lambda one: one.annotations.smallest),
    csv_column("largest", lambda one: one.annotations.largest),
]
"""What an arm needs for a given score."""
PARETO: Columns[Point] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("annotated images", "annotation_count", lambda one: one.annotation_count),
    column("F1@0.5", "f1", lambda one: one.f1, words.score),
    column("one training", "model_seconds", lambda one: one.model_device_seconds, words.seconds),
    column(
        "with its search",
        "search_seconds",
        lambda one: one.with_search_device_seconds,
        words.seconds,
    ),
    column("unbeaten", "on_front", lambda one: one.on_front, _yes, numeric=False),
]
"""An arm at one annotation count, and whether any other beats it."""
OPTIMISM: Columns[Optimism] = [
    row_head("arm", "arm", lambda one: one.arm),
    column("best of", "trials", lambda one: one.trials, lambda n: words.count(n, "trial")),
    column("search, validation", "search_f1", lambda one: one.search_f1, words.score),
    column(
        "confirm, validation",
        "confirm_validation_f1",
        lambda one: one.confirm_validation_f1,
        words.score,
    ),
    column("confirm, test", "test_f1", lambda one: one.test_f1, words.score),
    column("optimism", "optimism", lambda one: one.optimism, words.change, key=True),
    span_column(("low", "high"), lambda one: (one.low, one.high), words.change_span),
    csv_column("chosen_best", lambda one: one.chosen_best),
    csv_column("validation_easier", lambda one: one.validation_easier),
]
"""What the search promised and the test kept."""
