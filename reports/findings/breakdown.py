"""A closer look at the same test scores: by convention, by size of cell, by group of images."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reports.load import Study, scored_on_test
from trainables.metrics.aggregate import mean, mean_by_group, pool_sizes, summarise
from trainables.results.image_score import SizeCounts
from trainables.results.result import TrialResult
from trainables.results.score_table import ScoreTable


@dataclass(frozen=True, kw_only=True, slots=True)
class ConventionScores:
    """An arm's test score as other programs print it."""

    arm: str
    scores: Mapping[str, float]
    """Mean over trainings, by the name of the convention."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeScores:
    """An arm's finds and mistakes by size of cell, pooled over all test images."""

    arm: str
    classes: Sequence[SizeCounts]
    """From the smallest cells to the largest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupScores:
    """One group of test images."""

    group: str
    images: int
    f1: Mapping[str, float]
    """Mean F1 at IoU 0.5 by arm; NaN for an arm that was not scored on it."""


def by_convention(study: Study, *, count: int) -> list[ConventionScores]:
    """Every arm with test scores, at one annotation count."""
    return [
        ConventionScores(arm=name, scores=_mean_summary(done))
        for name, done in _scored(study, count).items()
    ]


def by_size(study: Study, *, count: int) -> list[SizeScores]:
    """Every arm whose test images were scored by size of cell, at one annotation count."""
    return [
        SizeScores(arm=name, classes=classes)
        for name, done in _scored(study, count).items()
        if (classes := pool_sizes([one.test for one in done]))
    ]


def by_image_group(study: Study, *, count: int) -> list[GroupScores]:
    """Every group, the hardest first; empty where every image is its own group."""
    tables = {name: [one.test for one in done] for name, done in _scored(study, count).items()}
    members: dict[str, set[str]] = {}
    for table in itertools.chain(*tables.values()):
        for group, sample_id in zip(table.groups, table.sample_ids, strict=True):
            members.setdefault(group, set()).add(sample_id)
    if len(members) < 2 or all(len(images) == 1 for images in members.values()):
        return []
    f1_of = {name: _by_group(scored) for name, scored in tables.items()}
    found = [
        GroupScores(
            group=group,
            images=len(images),
            f1={name: f1.get(group, math.nan) for name, f1 in f1_of.items()},
        )
        for group, images in members.items()
    ]
    return sorted(found, key=lambda one: (mean(list(one.f1.values())), one.group))


def _scored(study: Study, count: int) -> dict[str, list[TrialResult]]:
    each = {arm.name: scored_on_test(study, arm.name, count=count) for arm in study.arms}
    return {name: done for name, done in each.items() if done}


def _mean_summary(results: Sequence[TrialResult]) -> dict[str, float]:
    each = [summarise(result.test) for result in results]
    return {name: mean([one[name] for one in each]) for name in each[0]}


def _by_group(tables: Sequence[ScoreTable]) -> dict[str, float]:
    groups = [group for table in tables for group in table.groups]
    return mean_by_group(groups, np.concatenate([table.f1 for table in tables]))
