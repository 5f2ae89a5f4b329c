"""Metrics of area, and of split and merged cells."""

import numpy as np

from trainables.metrics.assignment import best_pairs
from trainables.metrics.contingency import Contingency

PART_IOU = 0.1
"""A smaller overlap is a neighbour's rim, not a part of the cell (Caicedo et al. 2019)."""


def aggregated_jaccard_index(table: Contingency) -> float:
    """Shared area over covered area, each true cell joined with its best predicted cell.

    One predicted cell may be the best of several true cells, and then counts several times;
    predicted cells that are the best of none are added to the covered area.

    Returns:
        AJI in [0, 1]; 1.0 when neither image holds a cell.

    Source: Kumar et al. 2017, algorithm 1 (doi:10.1109/TMI.2017.2677499).
    """
    by_true_then_iou = np.lexsort((table.predicted_index, -table.iou, table.true_index))
    _, firsts = np.unique(table.true_index[by_true_then_iou], return_index=True)
    return _aggregate(table, by_true_then_iou[firsts])


def aggregated_jaccard_index_plus(table: Contingency) -> float:
    """Shared area over covered area, cells joined one to one with the largest sum of IoUs.

    Returns:
        AJI+ in [0, 1]; 1.0 when neither image holds a cell.

    Source: Graham et al. 2019, HoVer-Net (doi:10.1016/j.media.2019.101563).
    """
    return _aggregate(table, best_pairs(table, table.iou))


def _aggregate(table: Contingency, pairs: np.ndarray) -> float:
    alone_true = np.delete(table.true_px, table.true_index[pairs]).sum()
    alone_predicted = np.delete(table.predicted_px, table.predicted_index[pairs]).sum()
    covered = table.union_px[pairs].sum() + alone_true + alone_predicted
    return float(table.shared_px[pairs].sum() / covered) if covered else 1.0


def dice(table: Contingency) -> float:
    """Overlap of the foregrounds, cells not told apart: 2 |A and B| / (|A| + |B|).

    Returns:
        Dice coefficient in [0, 1]; 1.0 when neither image holds a cell.
    """
    total = table.true_px.sum() + table.predicted_px.sum()
    return float(2 * table.shared_px.sum() / total) if total else 1.0


def splits(table: Contingency) -> int:
    """Number of true cells that were split: more than one predicted cell has an IoU above 0.1.

    Source: Caicedo et al. 2019, Cytometry A (doi:10.1002/cyto.a.23863).
    """
    return _with_several_parts(table, table.true_index)


def merges(table: Contingency) -> int:
    """Number of predicted cells that merge true ones: an IoU above 0.1 with more than one.

    Source: Caicedo et al. 2019, Cytometry A (doi:10.1002/cyto.a.23863).
    """
    return _with_several_parts(table, table.predicted_index)


def _with_several_parts(table: Contingency, cells: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(cells[table.iou > PART_IOU]) > 1))
