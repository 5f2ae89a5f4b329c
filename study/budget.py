"""Scaling a study to the time available, by leaving things out in a stated order."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

from study.design import Study

SECONDS = {"m": 60.0, "h": 3600.0, "d": 86400.0}
"""The units of a budget."""
FEWEST_DRAWS = 3
"""Below this many, the luck of the draw is hardly measured: no budget cuts further by itself."""
FEWEST_TRIALS = 3
"""Below this many trials an arm is not really searched."""
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
        ValueError: the text is not a budget.
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
        budget_seconds: wall time available.
        estimate: wall seconds that a study takes on this machine.

    Returns:
        The study with `budget_seconds` and `left_out` filled in.

    Raises:
        ValueError: not even the smallest study fits.
    """
    for within in scalings(study, budget_seconds=budget_seconds):
        seconds = estimate(within)
        if seconds <= budget_seconds:
            return within
    raise ValueError(
        f"The smallest study of {len(study.arms)} arms with {within.confirm_draws} draws takes "
        f"about {spell_out(seconds)}, but the budget is {spell_out(budget_seconds)}: name fewer "
        f"arms (--arms), or give up draws yourself (--draws)."
    )


def scalings(study: Study, *, budget_seconds: float) -> Iterator[Study]:
    """The whole study, then ever smaller ones, each of which says what it leaves out."""
    whole = dataclasses.replace(study, budget_seconds=budget_seconds, left_out=())
    yield whole
    left_out: dict[str, str] = {}
    for smaller, what, told in _reductions(whole):
        left_out[what] = told
        yield dataclasses.replace(smaller, left_out=tuple(left_out.values()))


def scaled_before(study: Study, *, budget_seconds: float, study_hash: str) -> Study | None:
    """What this study was cut to when it began with this budget; None for another study.

    So it resumes as it began, on however many cores, without a look at its data.

    Args:
        study_hash: hash of the study in the folder.
    """
    cut = scalings(study, budget_seconds=budget_seconds)
    return next((smaller for smaller in cut if smaller.hash == study_hash), None)


def spell_out(seconds: float) -> str:
    """`12 min`, `3 h 05 min` or `4.2 days`."""
    if seconds >= 3 * 86400:
        return f"{seconds / 86400:.1f} days"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


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
