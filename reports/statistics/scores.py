"""One number for each draw and each test image, and how such tables are put together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """One number for each draw and each test image."""

    values: np.ndarray
    """float64 [D, N]."""
    draws: tuple[int, ...]
    sample_ids: tuple[str, ...]
    groups: tuple[str, ...]
    """The group of each image; images of one group are never counted as independent."""

    @property
    def group_count(self) -> int:
        return len(set(self.groups))


def difference(one: Scores, other: Scores) -> Scores | None:
    """Paired difference, one minus other, on the draws and images of both; None without any."""
    return combination([(1.0, one), (-1.0, other)])


def combination(parts: Sequence[tuple[float, Scores]]) -> Scores | None:
    """The weighted sum of tables on the draws and images that all have; None without any."""
    tables = aligned([table for _, table in parts])
    if tables is None:
        return None
    values = sum(weight * table.values for (weight, _), table in zip(parts, tables, strict=True))
    return replace(tables[0], values=np.asarray(values))


def aligned(tables: Sequence[Scores]) -> list[Scores] | None:
    """The tables reduced to the draws and images all have, in one order; None without any."""
    if not tables:
        return None
    draws = _shared([table.draws for table in tables])
    ids = _shared([table.sample_ids for table in tables])
    if not draws or not ids:
        return None
    return [_select(table, draws, ids) for table in tables]


def on_images(scores: Scores, sample_ids: Iterable[str]) -> Scores | None:
    """The part of a table on some of its images; None where none of them is in it."""
    wanted = set(sample_ids)
    ids = tuple(name for name in scores.sample_ids if name in wanted)
    return _select(scores, scores.draws, ids) if ids else None


def _shared(each: Sequence[Sequence[T]]) -> tuple[T, ...]:
    common = set(each[0]).intersection(*each[1:])
    return tuple(item for item in each[0] if item in common)


def _select(scores: Scores, draws: Sequence[int], ids: Sequence[str]) -> Scores:
    if tuple(draws) == scores.draws and tuple(ids) == scores.sample_ids:
        return scores
    rows = [scores.draws.index(draw) for draw in draws]
    column_of = {name: column for column, name in enumerate(scores.sample_ids)}
    columns = [column_of[name] for name in ids]
    return Scores(
        values=scores.values[np.ix_(rows, columns)],
        draws=tuple(draws),
        sample_ids=tuple(ids),
        groups=tuple(scores.groups[column] for column in columns),
    )
