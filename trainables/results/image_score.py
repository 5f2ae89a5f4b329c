"""The scores of one image."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Matched and unmatched cells of one image pair at one IoU threshold."""

    threshold: float
    """Smallest IoU that counts as found, in (0, 1]."""
    true_positives: int
    false_positives: int
    false_negatives: int
    matched_iou: float
    """Sum of the IoUs of the matched pairs, in single precision as StarDist takes it."""

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); 1.0 when neither image holds a cell."""
        found = 2 * self.true_positives
        total = found + self.false_positives + self.false_negatives
        return found / total if total else 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeCounts:
    """Matched and unmatched cells of one image pair in one class of cell size."""

    min_diameter_px: float
    """Smallest diameter of the class, of the disc of the same area, in pixels."""
    max_diameter_px: float
    """Diameter at which the next class begins; infinite for the last."""
    true_positives: int
    """Found cells whose true diameter is in the class."""
    false_positives: int
    """Invented cells whose own diameter is in the class."""
    false_negatives: int
    """Missed cells whose true diameter is in the class."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageScore:
    """How well the labels predicted for one image agree with the true ones."""

    sample_id: str
    group: str
    counts: tuple[Counts, ...]
    """At IoU 0.50, 0.55 ... 0.95, every cell counted (StarDist's and Cellpose's convention)."""
    counts_without_border: tuple[Counts, ...]
    """At IoU 0.5, 0.7, 0.9 by the NeurIPS 2022 rule: cells that touch the 2-pixel frame dropped."""
    aji: float
    aji_plus: float
    dice: float
    true_cells: int
    predicted_cells: int
    splits: int
    """True cells that were split into several."""
    merges: int
    """Predicted cells that cover several true ones."""
    by_size: tuple[SizeCounts, ...] = ()
    """At IoU 0.5, by class of cell size; empty where this was not requested."""

    @property
    def f1(self) -> float:
        """Instance F1 at IoU 0.5, every cell counted: the metric of all comparisons."""
        return self.counts[0].f1

    @property
    def count_error(self) -> int:
        """Predicted minus true number of cells."""
        return self.predicted_cells - self.true_cells
