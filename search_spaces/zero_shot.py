"""What the search may vary in a model that is not trained: the size at which it sees cells.

Its thresholds are tuned in every trial, like those of all arms. The size is the only other
setting of such a model, and the first that its users adjust (Cellpose's `diameter`).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna


DIAMETERS_PX = (16.0, 32.0)
"""Median diameters between which the working scale leaves cells as they are."""
FACTOR = "diameter_factor"
"""Name of the parameter: enlargement beyond the study's working scale."""
MOST = 2.0


def defaults() -> dict[str, Any]:
    """Where every search starts: the size at which the other arms see cells."""
    return {FACTOR: 1.0}


def suggest(trial: "optuna.Trial", *, diameters_px: tuple[float, float]) -> dict[str, Any]:
    """One size, as flat fields of a `TrialSpec`.

    Args:
        diameters_px: smallest and largest median diameter of the study's working scale.
    """
    factor = trial.suggest_float(FACTOR, 1 / MOST, MOST, log=True)
    smallest, largest = diameters_px
    return {"data.min_diameter_px": factor * smallest, "data.max_diameter_px": factor * largest}
