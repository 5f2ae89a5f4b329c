"""Finds images that were cut from one field side by side: one continues where the other ends.

Such images share no pixel, but the last row of one and the first row of the other are neighbours
in the field, and the step from one to the other is no greater than between rows inside the images.
How similar two rows are by chance depends on the data set, so it is measured there: two upper
borders never adjoin, and how often they seem to tells how often an upper and a lower one match by
chance.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from trainables.data.dividing.landmarks import grey

FINE_PX, COARSE_PX = 1.0, 12.0
"""Only structure between these two sizes is compared: neither noise nor uneven light."""
OUTWARD = 0.25
"""Pixels by which borders are continued outward; the seam is at 0.5, where noise doubles."""
BLOCK_PX = 16
STRUCTURED = 0.05
"""A block of a border has structure if its energy is this share of the strongest block's."""
FEWEST_BLOCKS = 4
"""Blocks with structure that two borders must have, so that one bright cell is no proof."""
SAME, SAME_SHARE = 0.6, 0.7
"""Concordance at which a block counts as the same, and the share of blocks that must reach it."""
FLOOR = 0.9
"""Smallest concordance of two borders that adjoin."""
MAX_STEP = 2.0
"""Largest mean squared step across two borders that adjoin, over that inside the images; 1 is
expected, and the median of such pairs in DSB2018."""
FALSE_SHARE = 0.01
"""Largest share of false pairs among those accepted."""
FEWEST_ABOVE = 7
"""Where some borders look alike by chance, this many pairs must rank above all of those. By chance
a pair and its decoy are equally likely to come first, so 7 pairs do in 1 of 128 data sets."""
ROWS, PAIRS = 1024, 16384
"""Borders compared with all others at a time, and pairs compared in full, to bound memory."""
COARSER_PX = 8
ROUNDING = 1e-3
"""More than single precision may lose in a bound."""
DARK = 1e-6
"""Borders of less energy show nothing."""
TOP, BOTTOM, LEFT, RIGHT = range(4)
ADJOINING = ((BOTTOM, TOP), (RIGHT, LEFT))
IMPOSSIBLE = ((TOP, TOP), (BOTTOM, BOTTOM), (LEFT, LEFT), (RIGHT, RIGHT))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two borders that look alike."""

    concordance: float
    first: int
    second: int


def borders(image: np.ndarray) -> tuple[np.ndarray, ...]:
    """Top, bottom, left and right border: float32 [2, length], the last line and the one inside."""
    pixels = image[:, :, np.newaxis] if image.ndim == 2 else image
    upright = pixels.swapaxes(0, 1)
    lines = (pixels[:2], pixels[:-3:-1], upright[:2], upright[:-3:-1])
    return tuple(_smooth(grey(np.ascontiguousarray(line)), FINE_PX) for line in lines)


def adjoining(all_borders: Sequence[tuple[np.ndarray, ...]]) -> list[tuple[int, int]]:
    """Pairs of images, by index, where one continues where the other ends.

    Args:
        all_borders: what `borders` gave of each image.

    Source: the threshold is set by target and decoy pairs as in Elias and Gygi 2007.
    """
    targets, decoys = _pairs(all_borders, ADJOINING), _pairs(all_borders, IMPOSSIBLE)
    accepted = []
    for length, found in targets.items():
        threshold = _threshold(found, decoys.get(length, []))
        accepted += [pair for pair in found if pair.concordance >= threshold]
    return sorted({(pair.first, pair.second) for pair in accepted})


def _smooth(lines: np.ndarray, size: float) -> np.ndarray:
    """Lines blurred along themselves, never across."""
    return cv2.GaussianBlur(lines, (2 * round(3 * size) + 1, 1), size)


def _pairs(
    all_borders: Sequence[tuple[np.ndarray, ...]], sides: Iterable[tuple[int, int]]
) -> dict[int, list[Pair]]:
    """Pairs of borders that look alike, by their length in pixels."""
    found: dict[int, list[Pair]] = defaultdict(list)
    for one, other in sides:
        images = defaultdict(list)
        for index, lines in enumerate(all_borders):
            images[lines[one].shape[1]].append(index)
        for length, indices in images.items():
            first = np.stack([all_borders[index][one] for index in indices])
            second = np.stack([all_borders[index][other] for index in indices])
            found[length] += [
                Pair(concordance, indices[i], indices[j])
                for concordance, i, j in _alike(first, second)
                if i < j or (i > j and one != other)
            ]
    return found


def _alike(first: np.ndarray, second: np.ndarray) -> list[tuple[float, int, int]]:
    """Concordance and indices of the borders, [N, 2, length], that pass all checks."""
    one, other = (_band(_outward(lines)) for lines in (first, second))
    found = []
    for i, j in _near(one, other):
        total = (one[i] ** 2).sum(axis=1) + (other[j] ** 2).sum(axis=1)
        concordance = 2 * (one[i] * other[j]).sum(axis=1) / total
        for k in np.flatnonzero(concordance >= FLOOR):
            if _same_blocks(_blocks(one[i[k]]), _blocks(other[j[k]])) and (
                _step(first[i[k]], second[j[k]]) <= MAX_STEP
            ):
                found.append((float(concordance[k]), int(i[k]), int(j[k])))
    return found


def _near(one: np.ndarray, other: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Indices of all pairs of lines, [N, length], whose concordance may reach `FLOOR`, in batches.

    Two lines that do are close, |a - b|^2 <= (1 - FLOOR) (|a|^2 + |b|^2), and the means
    over every eight of their pixels are closer still. So an eighth of the work rules out most
    pairs, none of them wrongly.
    """
    rows, columns = (np.flatnonzero((lines**2).sum(axis=1) > DARK) for lines in (one, other))
    left, of_left = _bounded(one[rows])
    right, of_right = _bounded(other[columns])
    # The bounds go into the product, so that each pair takes a single comparison.
    left = np.column_stack([2 * left, -of_left, -np.ones_like(of_left)])
    right = np.column_stack([right, np.ones_like(of_right), of_right]).T
    for start in range(0, len(rows), ROWS):
        near = np.flatnonzero(left[start : start + ROWS] @ right >= 0)
        i, j = start + near // len(columns), near % len(columns)
        for batch in range(0, len(near), PAIRS):
            yield rows[i[batch : batch + PAIRS]], columns[j[batch : batch + PAIRS]]


def _bounded(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lines seen eight pixels at a time, [N, length / 8], and what each adds to the bound.

    The distance of two coarse lines is at most that of the lines, so twice the product of two near
    ones is at least the sum of what both add.
    """
    count = lines.shape[1] // COARSER_PX
    cut = lines[:, : count * COARSER_PX].reshape(len(lines), count, COARSER_PX)
    coarse = cut.sum(axis=2) / np.sqrt(COARSER_PX)
    allowed = 1 - FLOOR + ROUNDING
    return coarse, (coarse**2).sum(axis=1) - allowed * (lines**2).sum(axis=1)


def _outward(lines: np.ndarray) -> np.ndarray:
    """Borders, [N, 2, length], continued by a part of the step from the line inside: [N, length].

    Two borders lie a pixel apart; halfway between them they are more alike.
    """
    return lines[:, 0] + OUTWARD * (lines[:, 0] - lines[:, 1])


def _band(lines: np.ndarray) -> np.ndarray:
    """Lines, [N, length], without uneven light; noise was taken out before."""
    return lines - _smooth(lines, COARSE_PX)


def _step(first: np.ndarray, second: np.ndarray) -> float:
    """Mean squared step from one border to the other, over that from each to the line inside."""
    across = ((first[0] - second[0]) ** 2).mean()
    inside = ((first[0] - first[1]) ** 2).mean() + ((second[0] - second[1]) ** 2).mean()
    return float(across / max(inside / 2, 1e-6))


def _same_blocks(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether enough blocks, [N, BLOCK_PX], have structure and most of those are the same."""
    energies = (one**2).sum(axis=1), (other**2).sum(axis=1)
    relative = [energy / max(energy.max(initial=0), 1e-6) for energy in energies]
    structured = np.maximum(*relative) >= STRUCTURED
    if structured.sum() < FEWEST_BLOCKS:
        return False
    concordance = 2 * (one * other).sum(axis=1) / np.maximum(energies[0] + energies[1], 1e-6)
    return bool((concordance[structured] >= SAME).mean() >= SAME_SHARE)


def _blocks(line: np.ndarray) -> np.ndarray:
    """Whole blocks of a line: [N, BLOCK_PX]."""
    count = len(line) // BLOCK_PX
    return line[: count * BLOCK_PX].reshape(count, BLOCK_PX)


def _threshold(targets: list[Pair], decoys: list[Pair]) -> float:
    """Smallest concordance above which at most `FALSE_SHARE` of the targets are chance."""
    ordered = np.sort([pair.concordance for pair in targets])
    chance = np.sort([pair.concordance for pair in decoys])
    if len(chance) and (ordered > chance[-1]).sum() < FEWEST_ABOVE:
        return np.inf
    above = len(ordered) - np.arange(len(ordered))
    false = len(chance) - np.searchsorted(chance, ordered)
    good = np.flatnonzero(false <= FALSE_SHARE * above)
    return float(ordered[good[0]]) if len(good) else np.inf
