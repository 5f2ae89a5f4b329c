"""The best one-to-one pairing of true and predicted cells, on a sparse table."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from trainables.metrics.contingency import Contingency

WORTHWHILE = 0.05
"""Share of the open pairs that a round must settle for another to be cheaper than solving."""


def best_pairs(table: Contingency, gain: np.ndarray) -> np.ndarray:
    """Pairs of cells, each cell in at most one, with the largest possible sum of gains.

    The same optimum as the Hungarian method on the dense matrix, where a pair that shares no
    pixel gains nothing. Where several pairings are best, any one of them. Most cells have one
    partner beyond doubt, so only the rest is handed to the solver.

    Args:
        table: T true and P predicted cells, E pairs.
        gain: float64 [E], above 0 and below 2.

    Returns:
        int64 [M], positions of the chosen pairs in the table, ascending.
    """
    chosen = []
    open_pairs = np.arange(gain.size)
    worthwhile = open_pairs.size > 0
    while worthwhile:
        true, predicted = table.true_index[open_pairs], table.predicted_index[open_pairs]
        sure = _is_sure(true, predicted, gain[open_pairs])
        taken = np.isin(true, true[sure]) | np.isin(predicted, predicted[sure])
        worthwhile = bool(taken.sum() > WORTHWHILE * open_pairs.size)
        chosen.append(open_pairs[sure])
        open_pairs = open_pairs[~taken]
    solved = _solve(
        table.true_index[open_pairs], table.predicted_index[open_pairs], gain[open_pairs]
    )
    return np.sort(np.concatenate([*chosen, open_pairs[solved]]))


def _is_sure(true: np.ndarray, predicted: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """bool [E]: pairs that gain more than any two pairs their cells could form instead.

    Every best pairing holds them: one without them could be improved by exchanging those two.
    """
    return gain > _best_other(true, gain) + _best_other(predicted, gain)


def _best_other(cells: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """float64 [E]: the largest gain among the other pairs of the same cell, 0 without others."""
    order = np.lexsort((-gain, cells))
    ordered = gain[order]
    is_best = np.diff(cells[order], prepend=-1) != 0
    best = ordered[is_best][np.cumsum(is_best) - 1]
    runner_up = np.append(np.where(is_best[1:], 0.0, ordered[1:]), 0.0)
    other = np.empty_like(gain)
    other[order] = np.where(is_best, runner_up, best)
    return other


def _solve(true: np.ndarray, predicted: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """bool [E]: pairs of a best pairing (Jonker & Volgenant 1987, by `scipy.sparse.csgraph`)."""
    if not gain.size:
        return np.zeros(0, bool)
    _, rows = np.unique(true, return_inverse=True)
    _, columns = np.unique(predicted, return_inverse=True)
    if rows.max() > columns.max():
        rows, columns = columns, rows
    R, C = rows.max() + 1, columns.max() + 1
    # A column of its own for each row lets it stay alone at the price of no gain; a price must
    # not be 0, which a sparse graph takes for no edge, so prices are counted down from 2.
    prices = np.concatenate([2.0 - gain, np.full(R, 2.0)])
    starts = np.concatenate([rows, np.arange(R)])
    ends = np.concatenate([columns, C + np.arange(R)])
    graph = csr_array((prices, (starts, ends)), shape=(R, C + R))
    _, partner = min_weight_full_bipartite_matching(graph)
    return partner[rows] == columns
