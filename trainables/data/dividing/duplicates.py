"""Finds images that are copies, overlapping crops or adjoining crops of one field.

Three steps find what overlaps: distinctive places in each image (`landmarks`), candidates
whose places lie in the same arrangement, and a comparison of the pixels of each candidate
(`overlap`). Copies may be flipped, turned by quarters, brighter or darker, or compressed; they
have the same scale. What adjoins without overlap is found by its borders (`adjoining`).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from trainables.data.dividing.adjoining import adjoining, borders
from trainables.data.dividing.landmarks import Landmarks, landmarks
from trainables.data.dividing.overlap import TURNS, agree, turned_positions
from trainables.data.opening.room import Room

PX_PER_LANDMARK = 4096
"""Image area per landmark, in pixels."""
FINE_PX_PER_LANDMARK, FEW_IMAGES = 2048, 2000
"""Up to this many images, more landmarks are taken, which also finds overlaps of a tenth."""
MOST_LANDMARKS = 2**21
"""Landmarks of all images together: a set of many large images gets fewer per area."""
NEIGHBOURS = 8
"""Number of most similar places examined for each place."""
MAX_DISTANCE = 0.15
"""Largest distance between two descriptors, of length 1, that may show the same place."""
APPROXIMATION = 0.5
"""Neighbours may be up to this share farther than the nearest ones. Exact search takes twice as
long and finds no more copies, whose descriptors are nearly equal."""
FEWEST_MATCHES = 3
"""Places that must lie in the same arrangement for two images to be compared."""
BIN_PX = 4
"""Arrangements are the same if their shifts differ by less than this."""
BINS, IMAGES = 2**14, 2**17
"""Most bins of shifts along a side (65,536 pixels) and most images, so that a key fits 63 bits."""
MOST_PX = 64 * 1024 * 1024
"""Pixels of the images that are in memory together; a larger one is alone."""
AT_ONCE = 64
"""Candidates compared in parallel before connections are checked again."""
TRIES = 2
"""Arrangements that are compared for two images, the best supported first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Two images that may overlap, and how."""

    first: int
    second: int
    turn: int
    """Which of the 8 flips and quarter turns brings the first to the second."""
    shift: tuple[int, int]
    """Rows and columns by which the turned first image is moved onto the second."""
    matches: int


def tie_duplicates(
    ids: Sequence[str],
    *,
    read: Callable[[str], np.ndarray],
    pixels_of: Callable[[str], int] = lambda name: 0,
) -> list[tuple[str, str]]:
    """Pairs of images that show the same pixels, in whole or in part, or adjoin in one field.

    Args:
        ids: names of the images.
        read: gives [H, W] or [H, W, C] of a name; called once for each image, and again for those
            that are compared; a few images are in memory at a time.
        pixels_of: gives the number of pixels of a name, so that large images are read one at a
            time.

    Returns:
        As many pairs as it takes to connect all that are tied, directly or through others.
    """
    pixels = {name: pixels_of(name) for name in ids}  # reads each file's header, so only once
    px_per_landmark = max(
        FINE_PX_PER_LANDMARK if len(ids) <= FEW_IMAGES else PX_PER_LANDMARK,
        sum(pixels.values()) // MOST_LANDMARKS,
    )
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        room = Room(MOST_PX)

        def look(name: str) -> tuple[Landmarks, tuple[np.ndarray, ...]]:
            with room.take(pixels[name]):
                return _look(read(name), px_per_landmark)

        looks = list(threads.map(look, ids))
        found = candidates([places for places, _ in looks])
        group, ties = _confirmed(found, ids, read=read, pixels=pixels, threads=threads)
    # A copy has the borders of its original: only one image of each set is compared.
    kept = [index for index in range(len(ids)) if _root(group, index) == index]
    pairs = adjoining([looks[index][1] for index in kept])
    return ties + [(ids[kept[first]], ids[kept[second]]) for first, second in pairs]


def _confirmed(
    found: list[Candidate],
    ids: Sequence[str],
    *,
    read: Callable[[str], np.ndarray],
    pixels: Mapping[str, int],
    threads: Executor,
) -> tuple[list[int], list[tuple[str, str]]]:
    """Union-find parents of all images, and the candidates whose pixels agree.

    Images that are connected already are not compared again.
    """
    cached, room = lru_cache(maxsize=4)(read), Room(MOST_PX)
    group = list(range(len(ids)))
    ties = []

    def compare(candidate: Candidate) -> bool:
        names = ids[candidate.first], ids[candidate.second]
        together = sum(pixels[name] for name in names)
        with room.take(together):
            first, second = map(cached if together <= MOST_PX else read, names)
            return agree(first, second, turn=candidate.turn, shift=candidate.shift)

    def apart(candidate: Candidate) -> bool:
        return _root(group, candidate.first) != _root(group, candidate.second)

    for start in range(0, len(found), AT_ONCE):
        open_ones = [candidate for candidate in found[start : start + AT_ONCE] if apart(candidate)]
        for candidate, same in zip(open_ones, threads.map(compare, open_ones), strict=True):
            if same and apart(candidate):
                group[_root(group, candidate.second)] = _root(group, candidate.first)
                ties.append((ids[candidate.first], ids[candidate.second]))
    return group, ties


def _look(image: np.ndarray, px_per_landmark: int) -> tuple[Landmarks, tuple[np.ndarray, ...]]:
    return landmarks(image, px_per_landmark=px_per_landmark), borders(image)


def candidates(places: list[Landmarks]) -> list[Candidate]:
    """Pairs of images with enough landmarks in the same arrangement, ordered by image."""
    if len(places) > IMAGES:
        raise ValueError(
            f"Duplicates can be sought among at most {IMAGES} images, but there are {len(places)}: "
            f"give a part of them, or groups in place of the search."
        )
    if not any(len(place.positions) for place in places):
        return []
    owner = np.repeat(np.arange(len(places)), [len(place.positions) for place in places])
    first, second = _of_frequent_pairs(*_matches(places), owner)
    positions = np.concatenate([place.positions for place in places])
    shapes = np.array([place.shape for place in places])
    rows = []
    for turn in range(TURNS):
        moved = turned_positions(positions[first], shapes[owner[first]], turn)
        rows.append(_supported(owner[first], owner[second], positions[second] - moved, turn))
    return _best(np.concatenate(rows))


def _matches(places: list[Landmarks]) -> tuple[np.ndarray, np.ndarray]:
    """Indices of similar landmarks of different images, the earlier image first."""
    descriptors = np.concatenate([place.descriptors for place in places])
    owner = np.repeat(np.arange(len(places)), [len(place.positions) for place in places])
    _, near = cKDTree(descriptors).query(
        descriptors,
        k=NEIGHBOURS + 1,
        eps=APPROXIMATION,
        distance_upper_bound=MAX_DISTANCE,
        workers=-1,
    )
    one = np.repeat(np.arange(len(descriptors)), near.shape[1])
    other = near.ravel()
    found = other < len(descriptors)
    pairs = np.stack([one[found], other[found]], axis=1)
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    keys = np.unique(low * len(descriptors) + high)
    return keys // len(descriptors), keys % len(descriptors)


def _of_frequent_pairs(
    first: np.ndarray, second: np.ndarray, owner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The matches of pairs of images that have enough of them for any arrangement."""
    pairs = owner[first] * IMAGES + owner[second]
    _, where, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    frequent = (counts >= FEWEST_MATCHES)[where]
    return first[frequent], second[frequent]


def _supported(first: np.ndarray, second: np.ndarray, shifts: np.ndarray, turn: int) -> np.ndarray:
    """int64 [M, 6]: images, turn, shift and support, of shifts that enough matches agree on."""
    rows = []
    for offset in (0, BIN_PX // 2):  # two grids, so that no arrangement lies across a bin border
        bins = (shifts + offset) // BIN_PX + BINS // 2
        keys = ((first * IMAGES + second) * BINS + bins[:, 0]) * BINS + bins[:, 1]
        _, sample, where, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        total = np.stack([np.bincount(where, shifts[:, axis]) for axis in (0, 1)], axis=1)
        middle = np.round(total / counts[:, np.newaxis]).astype(np.int64)
        turns = np.full(len(counts), turn)
        columns = (first[sample], second[sample], turns, middle, counts)
        rows.append(np.column_stack(columns)[counts >= FEWEST_MATCHES])
    return np.concatenate(rows)


def _best(rows: np.ndarray) -> list[Candidate]:
    """The best supported arrangements of each pair of images."""
    rows = rows[np.lexsort((-rows[:, 5], rows[:, 1], rows[:, 0]))]
    taken: dict[tuple[int, int], int] = {}
    best = []
    for first, second, turn, down, right, matches in rows.tolist():
        tries = taken.get((first, second), 0)
        if tries < TRIES:
            taken[first, second] = tries + 1
            best.append(
                Candidate(
                    first=first, second=second, turn=turn, shift=(down, right), matches=matches
                )
            )
    return best


def _root(group: list[int], member: int) -> int:
    while group[member] != member:
        group[member] = group[group[member]]
        member = group[member]
    return member
