"""What a study could have seen, and how much larger it would have to be."""

import math
from collections.abc import Callable
from dataclasses import replace

from reports.statistics.intervals import LEVEL, Error, Interval

POWER = 0.8
"""Share of studies that must find a true difference for it to be called detectable."""
MOST_DRAWS = 50
"""More draws than anybody runs."""
MOST_GROUPS = 2000
"""More groups of test images than anybody annotates."""


def smallest_detectable(found: Interval) -> float:
    """The true difference that a study like this one would have found four times in five."""
    return math.nan if found.error is None else _detectable(found.error)


def draws_needed(found: Interval, *, difference: float) -> int | None:
    """Draws with which a true difference would be found four times in five.

    The test images stay as they are, and so does the error that they contribute.

    Returns:
        None where no number of draws is enough, or where a single draw says nothing about them.
    """
    error = found.error
    if error is None or error.draws < 2:
        return None

    def with_draws(draws: int) -> Error:
        scale = math.sqrt(error.draws / draws)
        return replace(error, draws=draws, draw_se=error.draw_se * scale)

    return _smallest(with_draws, 2, MOST_DRAWS, difference)


def groups_needed(found: Interval, *, difference: float) -> int | None:
    """Groups of test images with which a true difference would be found four times in five.

    The draws stay as they are, and so does the error that they contribute.

    Returns:
        None where no number of groups is enough, or where a single group says nothing about them.
    """
    error = found.error
    if error is None:
        return None

    def with_groups(groups: int) -> Error:
        scale = math.sqrt(error.groups / groups)
        return replace(error, groups=groups, group_se=error.group_se * scale)

    return _smallest(with_groups, 2, MOST_GROUPS, difference)


def _detectable(error: Error) -> float:
    return error.reach(1 - LEVEL / 2) + error.reach(POWER)


def _smallest(
    error_of: Callable[[int], Error], low: int, high: int, difference: float
) -> int | None:
    """Found by bisection: the detectable difference falls with every draw and every group."""

    def enough(number: int) -> bool:
        return _detectable(error_of(number)) <= difference

    if not enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
