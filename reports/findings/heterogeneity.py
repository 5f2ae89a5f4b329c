"""Where an arm helps: dense or sparse images, small or large cells, all groups or few."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from reports.load import Study, scored_on_test
from reports.statistics.intervals import Interval, interval, report_rng
from reports.statistics.scores import Scores, difference, on_images
from reports.verdict.aggregate import ArmSummary, scores_of
from reports.verdict.compare import BASELINE
from trainables.results.score_table import ScoreTable

FEWEST_IMAGES = 4
"""Fewest images of each half; with fewer, no contrast is given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """An arm's lead over the baseline on two kinds of images or cells."""

    arm: str
    factor: str
    low_name: str
    """What the first kind is, in words."""
    high_name: str
    low: Interval
    """Lead in mean test F1 on the first kind."""
    high: Interval
    change: Interval
    """Lead on the second kind minus that on the first."""
    images: tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupLead:
    """An arm's lead over the baseline in one group of test images."""

    arm: str
    group: str
    images: int
    lead: float


def by_density(study: Study, summaries: Sequence[ArmSummary], *, count: int) -> list[Contrast]:
    """Leads on the sparser and the denser half of the test images, by number of true cells."""
    cells = {
        sample_id: float(true_cells)
        for summary in summaries
        for result in scored_on_test(study, summary.arm.name, count=count)
        for sample_id, true_cells in zip(
            result.test.sample_ids, result.test.true_cells, strict=True
        )
    }
    return [
        contrast
        for name, lead in _leads(summaries)
        if (contrast := _halves(name, lead, cells)) is not None
    ]


def by_cell_size(study: Study, summaries: Sequence[ArmSummary], *, count: int) -> list[Contrast]:
    """Leads on the smallest and the largest class of cells; empty where sizes were not scored."""
    small = _size_scores(study, summaries, count, place=0)
    large = _size_scores(study, summaries, count, place=-1)
    found = []
    for name in small.keys() & large.keys() - {BASELINE}:
        if BASELINE in small and BASELINE in large:
            contrast = _sizes(name, small, large)
            found += [contrast] if contrast else []
    order = [summary.arm.name for summary in summaries]
    return sorted(found, key=lambda one: order.index(one.arm))


def by_group(summaries: Sequence[ArmSummary]) -> list[GroupLead]:
    """Leads group by group, as they are: one group alone has no interval."""
    return [
        GroupLead(
            arm=name,
            group=group,
            images=lead.groups.count(group),
            lead=float(lead.values[:, [one == group for one in lead.groups]].mean()),
        )
        for name, lead in _leads(summaries)
        for group in sorted(set(lead.groups))
    ]


def _leads(summaries: Sequence[ArmSummary]) -> list[tuple[str, Scores]]:
    """Paired differences of each arm from the baseline."""
    base = next((s.scores for s in summaries if s.arm.name == BASELINE), None)
    if base is None:
        return []
    return [
        (summary.arm.name, lead)
        for summary in summaries
        if summary.arm.name != BASELINE and summary.scores is not None
        if (lead := difference(summary.scores, base)) is not None
    ]


def _halves(name: str, lead: Scores, cells: dict[str, float]) -> Contrast | None:
    amounts = np.array([cells[image] for image in lead.sample_ids])
    middle = float(np.median(amounts))
    dense = amounts > middle
    if min(dense.sum(), (~dense).sum()) < FEWEST_IMAGES:
        return None
    ids = np.array(lead.sample_ids)
    sparse_part, dense_part = on_images(lead, ids[~dense]), on_images(lead, ids[dense])
    assert sparse_part is not None
    assert dense_part is not None
    return Contrast(
        arm=name,
        factor="density",
        low_name=f"up to {middle:g} cells",
        high_name=f"more than {middle:g} cells",
        low=interval(sparse_part, rng=report_rng("heterogeneity", name)),
        high=interval(dense_part, rng=report_rng("heterogeneity", name)),
        change=interval(lead, rng=report_rng("heterogeneity", name), statistic=_between(dense)),
        images=(int((~dense).sum()), int(dense.sum())),
    )


def _between(inside: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Mean over the images inside minus that over the others, as a statistic of a table.

    A resample without an image of one kind counts that mean as 0; with `FEWEST_IMAGES` of each
    this is rare.
    """

    def statistic(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return _mean(values, weights * inside) - _mean(values, weights * ~inside)

    return statistic


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return weights @ values.T / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)


def _sizes(name: str, small: dict[str, Scores], large: dict[str, Scores]) -> Contrast | None:
    low = difference(small[name], small[BASELINE])
    high = difference(large[name], large[BASELINE])
    change = difference(high, low) if low and high else None
    if low is None or high is None or change is None or len(change.sample_ids) < FEWEST_IMAGES:
        return None
    return Contrast(
        arm=name,
        factor="cell size",
        low_name="smallest cells",
        high_name="largest cells",
        low=interval(low, rng=report_rng("heterogeneity", name)),
        high=interval(high, rng=report_rng("heterogeneity", name)),
        change=interval(change, rng=report_rng("heterogeneity", name)),
        images=(len(low.sample_ids), len(high.sample_ids)),
    )


def _size_scores(
    study: Study, summaries: Sequence[ArmSummary], count: int, *, place: int
) -> dict[str, Scores]:
    """F1 of each arm in one class of cell size, on images where it is always defined."""
    found = {}
    for summary in summaries:
        results = scored_on_test(study, summary.arm.name, count=count)
        scores = scores_of(results, value=partial(_size_f1, place=place))
        if scores is not None:
            found[summary.arm.name] = scores
    return found


def _size_f1(scores: ScoreTable, *, place: int) -> np.ndarray:
    if not scores.by_size:
        return np.full(len(scores), np.nan)
    counts = scores.by_size[place]
    total = 2 * counts.true_positives + counts.false_positives + counts.false_negatives
    return np.where(total > 0, 2 * counts.true_positives / np.maximum(1, total), np.nan)
