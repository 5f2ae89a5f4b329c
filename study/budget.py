"""Scaling a study to the time there is, by leaving things out in a stated order."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

from study.design import Study

SECONDS = {"m": 60.0, "h": 3600.0, "d": 86400.0}
"""The units of a budget."""
FEWEST_DRAWS = 3
"""Below this many draws the luck of the draw is hardly measured: no budget goes there by itself."""
FEWEST_TRIALS = 3
"""Below this many trials an arm's search is none."""
ORDER = (
    "the ablation's factors, the last first",
    "annotation counts, the smallest first",
    "seeds",
    f"search trials, down to {FEWEST_TRIALS}",
    f"draws, down to {FEWEST_DRAWS}",
)
"""What is left out, in this order."""


def read_budget(text: str) -> float:
    """Seconds of a budget such as `90m`, `8h` or `2d`.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhd])", text.strip())
    if not found or float(found[1]) <= 0:
        raise ValueError(
            f"A budget must be a number above 0 with m, h or d for minutes, hours or days, such "
            f"as 90m, 8h or 2d, but got {text!r}."
        )
    return float(found[1]) * SECONDS[found[2]]


def scale_to(study: Study, *, budget_seconds: float, estimate: Callable[[Study], float]) -> Study:
    """Leaves out of a study what does not fit, in the order of `ORDER`, and no more.

    Args:
        budget_seconds: wall time there is.
        estimate: wall seconds that a study takes here.

    Returns:
        The study with `budget_seconds` and `left_out` filled in.

    Raises:
        ValueError: not even the smallest study fits.
    """
    within = dataclasses.replace(study, budget_seconds=budget_seconds)
    left_out: dict[str, str] = {}
    seconds = estimate(within)
    for smaller, what, told in _reductions(within):
        if seconds <= budget_seconds:
            break
        left_out[what] = told
        within, seconds = smaller, estimate(smaller)
    if seconds > budget_seconds:
        raise ValueError(
            f"The smallest study of {len(study.arms)} arms with {within.confirm_draws} draws "
            f"takes about {_hours(seconds)}, but the budget is {_hours(budget_seconds)}: name "
            f"fewer arms (--arms), or give up draws yourself (--draws)."
        )
    return dataclasses.replace(within, left_out=tuple(left_out.values()))


def _reductions(study: Study) -> Iterator[tuple[Study, str, str]]:
    """Ever smaller studies; each with what was reduced, and what has been left out of it so far."""
    whole = study
    while study.ablate:
        study = dataclasses.replace(study, ablate=study.ablate[:-1])
        gone = ", ".join(factor.field for factor in whole.ablate[len(study.ablate) :])
        yield study, "ablate", f"ablation of {gone}"
    while len(study.annotation_counts) > 1:
        kept = tuple(sorted(study.annotation_counts)[1:])
        study = dataclasses.replace(study, annotation_counts=kept)
        gone = ", ".join(map(str, sorted(set(whole.annotation_counts) - set(kept))))
        yield study, "counts", f"annotation counts {gone}"
    for field, name, fewest in (
        ("confirm_seeds", "seeds", 1),
        ("search_trials", "search trials", FEWEST_TRIALS),
        ("confirm_draws", "draws", FEWEST_DRAWS),
    ):
        first = getattr(whole, field)
        for number in range(first - 1, fewest - 1, -1):
            change: dict[str, Any] = {field: number}
            study = dataclasses.replace(study, **change)
            yield study, field, f"{name}: {number} in place of {first}"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"
