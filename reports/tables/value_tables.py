"""Tables of what annotations and device time buy."""

import math
from collections.abc import Sequence

from reports import words
from reports.columns import Column, Row, Table, column, interval_column
from reports.findings.cost_to_score import CostToScore, Point
from reports.findings.curves import Reading
from reports.findings.equivalence import Equivalence
from reports.findings.optimism import Optimism


def equivalence_table(found: Sequence[Equivalence]) -> Table:
    """What each arm is worth in annotated images of the baseline."""
    return Table(
        name="annotation_equivalence",
        rows=[_equivalence_row(one) for one in found],
        columns=[
            column("annotated images", "annotation_count"),
            column("F1@0.5", "f1", words.score),
            Column(
                label="U-Net needs",
                show=lambda row: words.images(row["unet_count"], row["smallest"], row["largest"]),
            ),
            Column(label="95 % interval", show=_needs_span),
            Column(label="worth", show=_worth),
            interval_column("worth_low", "worth_high", words.signed_span, label="95 % interval "),
        ],
    )


def cost_table(found: Sequence[CostToScore]) -> Table:
    """What each arm needs for a given score."""
    return Table(
        name="cost_to_score",
        rows=[_cost_row(one) for one in found],
        columns=[
            column("for F1", "target_f1", "{:g}".format),
            Column(
                label="annotated images",
                show=lambda row: words.images(row["annotations"], row["smallest"], row["largest"]),
            ),
            Column(label="95 % interval", show=_annotations_span),
            column("one training", "model_seconds", words.seconds),
            column("with its search", "search_seconds", words.seconds),
        ],
    )


def points_table(found: Sequence[Point]) -> Table:
    """Every arm at every count, with what nobody beats marked."""
    return Table(
        name="pareto",
        rows=[
            {
                "arm": point.arm,
                "annotation_count": point.annotation_count,
                "f1": point.f1,
                "model_seconds": point.model_device_seconds,
                "search_seconds": point.with_search_device_seconds,
                "on_front": point.on_front,
            }
            for point in found
        ],
        columns=[
            column("annotated images", "annotation_count"),
            column("F1@0.5", "f1", words.score),
            column("one training", "model_seconds", words.seconds),
            column("with its search", "search_seconds", words.seconds),
            column("unbeaten", "on_front", _yes, numeric=False),
        ],
    )


def optimism_table(found: Sequence[Optimism]) -> Table:
    """What the search promised and the test kept."""
    return Table(
        name="optimism",
        rows=[
            {
                "arm": one.arm,
                "trials": one.trials,
                "search_f1": one.search_f1,
                "confirm_validation_f1": one.confirm_validation_f1,
                "test_f1": one.test_f1,
                "optimism": one.optimism,
                "low": one.low,
                "high": one.high,
                "chosen_best": one.chosen_best,
                "validation_easier": one.validation_easier,
            }
            for one in found
        ],
        columns=[
            column("best of", "trials", lambda trials: words.count(trials, "trial")),
            column("search, validation", "search_f1", words.score),
            column("confirm, validation", "confirm_validation_f1", words.score),
            column("confirm, test", "test_f1", words.score),
            column("optimism", "optimism", words.change),
            interval_column("low", "high", words.change_span),
        ],
    )


def worth_of(one: Equivalence) -> str:
    """What an arm saves in annotated images, in words."""
    reading, count = one.baseline, one.annotation_count
    if one.worth == math.inf:
        return f"more than {reading.largest - count}"
    if one.worth == -math.inf:
        return f"at most {reading.smallest - count}".replace("-", "−")
    return words.signed(one.worth)


def _reading(reading: Reading) -> Row:
    return {"smallest": reading.smallest, "largest": reading.largest}


def _equivalence_row(one: Equivalence) -> Row:
    return {
        "arm": one.arm,
        "annotation_count": one.annotation_count,
        "f1": one.f1,
        "unet_count": one.baseline.count,
        "unet_low": one.baseline.low,
        "unet_high": one.baseline.high,
        "worth": one.worth,
        "worth_low": one.worth_low,
        "worth_high": one.worth_high,
        **_reading(one.baseline),
    }


def _cost_row(one: CostToScore) -> Row:
    return {
        "arm": one.arm,
        "target_f1": one.target_f1,
        "annotations": one.annotations.count,
        "low": one.annotations.low,
        "high": one.annotations.high,
        "measured_count": one.measured_count or "",
        "model_seconds": one.model_device_seconds,
        "search_seconds": one.with_search_device_seconds,
        **_reading(one.annotations),
    }


def _needs_span(row: Row) -> str:
    return words.images_span(row["unet_low"], row["unet_high"], row["smallest"], row["largest"])


def _annotations_span(row: Row) -> str:
    return words.images_span(row["low"], row["high"], row["smallest"], row["largest"])


def _yes(holds: bool) -> str:
    return "yes" if holds else words.MISSING


def _worth(row: Row) -> str:
    if row["worth"] == math.inf:
        return f"> {row['largest'] - row['annotation_count']}"
    if row["worth"] == -math.inf:
        return f"≤ {row['smallest'] - row['annotation_count']}".replace("-", "−")
    return words.signed(row["worth"])
