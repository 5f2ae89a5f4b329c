"""Tiles: labels of an image of any size, predicted piece by piece and joined without seams.

Neighbouring tiles overlap, so that a cell cut by the edge of one tile is seen whole by the next.
In the strip that two tiles share, their cells are compared. A pair that overlaps well is one
cell: the tile that saw it whole keeps it, and where no tile did, its pieces are joined.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from trainables.data.rescaled import Image

SAME_IOU = 0.5
"""Smallest IoU, within the strip that both tiles saw, at which two cells are one."""
SAME_SHARE = 0.75
"""Smallest share of a cut cell, within that strip, inside another for it to be a piece of that."""
FREE_SHARE = 0.5
"""Smallest share of an unmatched cell that must lie on free ground for it to be new."""
EDGE_SHARE = 1 / 8
"""A cell that comes nearer to the edge of a tile than this share of the overlap counts as cut:
there networks lack context, and the next tile sees the cell nearer to its middle."""

LABEL_BITS = 32


def predict_tiled(
    image: Image,
    *,
    predict: Callable[[np.ndarray], np.ndarray],
    tile_px: int,
    overlap_px: int,
) -> np.ndarray:
    """Labels of a whole image from a predictor that sees one tile at a time.

    Args:
        image: float32 [H, W, C]; may be lazy (`Rescaled`, memory-mapped, zarr): it is read tile
            by tile.
        predict: takes float32 [h, w, C], returns int32 [h, w] labels, 0 background.
        tile_px: side of the tiles. Images that fit into one are predicted at once.
        overlap_px: how far neighbouring tiles overlap at least. Cells smaller than this are seen
            whole by some tile; larger ones are joined from their pieces.

    Returns:
        int32 [H, W], 0 background, cells 1, 2, ... without gaps.

    Raises:
        ValueError: the overlap is not between 1 and half a tile.
    """
    if not 1 <= overlap_px <= tile_px // 2:
        raise ValueError(
            f"overlap_px must be between 1 and half of tile_px = {tile_px}, but got {overlap_px}."
        )
    height, width = image.shape[:2]
    canvas = _Canvas(height, width, edge_px=max(int(EDGE_SHARE * overlap_px), 1))
    for tile in _tiles(height, width, tile_px=tile_px, overlap_px=overlap_px):
        canvas.add(np.asarray(predict(np.asarray(image[tile.window]))), tile)
    return canvas.finish(band_px=tile_px)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tile:
    """Where a tile lies, and what of it earlier tiles have seen."""

    window: tuple[slice, slice]
    seen_rows: int
    """Rows at its top that the tiles above have seen."""
    seen_columns: int
    """Columns at its left that the tile before has seen."""
    inner_edges: tuple[bool, bool, bool, bool]
    """Whether top, bottom, left and right lie inside the image, so that they cut cells."""


def _tiles(height: int, width: int, *, tile_px: int, overlap_px: int) -> Iterator[_Tile]:
    """Tiles row by row from the top left; the last of a row or column ends with the image."""
    for rows, seen_rows in _spans(height, tile_px=tile_px, overlap_px=overlap_px):
        for columns, seen_columns in _spans(width, tile_px=tile_px, overlap_px=overlap_px):
            yield _Tile(
                window=(rows, columns),
                seen_rows=seen_rows,
                seen_columns=seen_columns,
                inner_edges=(
                    rows.start > 0,
                    rows.stop < height,
                    columns.start > 0,
                    columns.stop < width,
                ),
            )


def _spans(length: int, *, tile_px: int, overlap_px: int) -> Iterator[tuple[slice, int]]:
    """Intervals that cover a side, each with how much of it the one before has covered."""
    last = max(length - tile_px, 0)
    covered = 0
    for start in [*range(0, last, tile_px - overlap_px), last]:
        stop = min(start + tile_px, length)
        yield slice(start, stop), max(covered - start, 0)
        covered = stop


class _Canvas:
    """The labels found so far, to which tiles are added row by row.

    A pixel keeps the number it was written with; `_name` says which cell that number now stands
    for, 0 if the cell was removed. So joining and removing cells never rewrites the image.
    """

    def __init__(self, height: int, width: int, *, edge_px: int) -> None:
        self._edge_px = edge_px
        self._numbers = np.zeros((height, width), np.int32)
        self._name = np.zeros(1, np.int32)
        self._joined: dict[int, list[int]] = {}  # numbers of cells that were joined from pieces
        self._area_px = np.zeros(1, np.int64)
        self._cut = np.zeros(1, bool)

    def add(self, labels: np.ndarray, tile: _Tile) -> None:
        """Adds the labels that one tile found."""
        labels, count = _without_gaps(labels)
        cut = _cut_labels(labels, tile.inner_edges, edge_px=self._edge_px, count=count)
        strip = np.zeros(labels.shape, bool)
        strip[: tile.seen_rows] = strip[:, : tile.seen_columns] = True
        present = self._name[self._numbers[tile.window]]
        mates = self._find_mates(present[strip], labels[strip], cut)
        self._remove_superseded(present[strip], mates)
        first = self._append(cut)
        kept = np.zeros(count + 1, bool)
        for label, others in mates.items():
            kept[label] = self._settle(first + label - 1, others)
        self._write(
            labels, tile, first=first, kept=kept, is_new=~np.isin(range(count + 1), [*mates])
        )

    def finish(self, *, band_px: int) -> np.ndarray:
        """The labels 1, 2, ... without gaps; the canvas is used up."""
        there = self._area_px > 0
        there[0] = False
        final = np.where(there, np.cumsum(there), 0).astype(np.int32)[self._name]
        for top in range(0, len(self._numbers), band_px):
            band = slice(top, top + band_px)
            self._numbers[band] = final[self._numbers[band]]
        return self._numbers

    def _find_mates(
        self, present: np.ndarray, labels: np.ndarray, cut: np.ndarray
    ) -> dict[int, list[int]]:
        """For labels of a tile, the cells of earlier tiles that are the same, seen in the strip."""
        both = (present > 0) & (labels > 0)
        # A pair as one number: sorting these takes a tenth of the time that sorting pairs does.
        pairs = present[both].astype(np.int64) << LABEL_BITS | labels[both]
        pairs, shared_px = np.unique(pairs, return_counts=True)
        there, here = pairs >> LABEL_BITS, pairs & (2**LABEL_BITS - 1)
        there_px = np.bincount(present, minlength=1)[there]
        here_px = np.bincount(labels, minlength=1)[here]
        same = shared_px >= SAME_IOU * (there_px + here_px - shared_px)
        same |= self._cut[there] & (shared_px >= SAME_SHARE * there_px)
        same |= cut[here] & (shared_px >= SAME_SHARE * here_px)
        mates: dict[int, list[int]] = {}
        for name, label in zip(there[same], here[same], strict=True):
            mates.setdefault(int(label), []).append(int(name))
        return mates

    def _remove_superseded(self, present: np.ndarray, mates: dict[int, list[int]]) -> None:
        """Removes pieces that the new tile sees whole but where it finds no cell."""
        names, area_px = np.unique(present, return_counts=True)
        matched = [name for others in mates.values() for name in others]
        gone = self._cut[names] & (area_px == self._area_px[names]) & ~np.isin(names, matched)
        self._rename(names[gone], 0)

    def _settle(self, number: int, others: list[int]) -> bool:
        """Decides between a new cell and earlier ones that are the same; True keeps the new."""
        names = np.unique(self._name[others])
        names = names[names > 0]
        if (~self._cut[names]).any():
            self._name[number] = 0
            return False
        if self._cut[number] and len(names):
            self._rename(np.append(names, number), int(names[0]))
        else:
            self._rename(names, 0)
        return True

    def _append(self, cut: np.ndarray) -> int:
        """Makes room for the labels 1, 2, ... of a tile; returns the number of the first."""
        first, count = len(self._name), len(cut) - 1
        self._name = np.append(self._name, np.arange(first, first + count, dtype=np.int32))
        self._area_px = np.append(self._area_px, np.zeros(count, np.int64))
        self._cut = np.append(self._cut, cut[1:])
        return first

    def _write(
        self, labels: np.ndarray, tile: _Tile, *, first: int, kept: np.ndarray, is_new: np.ndarray
    ) -> None:
        """Writes the labels that are kept, or new and mostly on free ground, where it is free."""
        free = (self._name[self._numbers[tile.window]] == 0) & (labels > 0)
        free_px = np.bincount(labels[free], minlength=len(kept))
        all_px = np.bincount(labels.ravel(), minlength=len(kept))
        kept = kept | (is_new & (free_px >= FREE_SHARE * all_px))
        written = free & kept[labels]
        self._numbers[tile.window][written] = labels[written] + (first - 1)
        np.add.at(self._area_px, self._name[first:], np.where(kept, free_px, 0)[1:])

    def _rename(self, names: np.ndarray, new: int) -> None:
        """Assigns every pixel of some cells to another cell, or to none where `new` is 0."""
        total_px = self._area_px[names].sum()
        numbers = [n for name in names.tolist() for n in self._joined.pop(name, [name])]
        self._name[numbers] = new
        if new:
            self._joined[new] = numbers
        self._area_px[names] = 0
        self._area_px[new] = total_px if new else 0


def _without_gaps(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels 1, 2, ... in the old order, 0 for all that is not positive; and how many there are."""
    values, compact = np.unique(np.maximum(labels, 0), return_inverse=True)
    background_is_missing = int(values[0] > 0)
    without_gaps = compact.reshape(labels.shape).astype(np.int32) + np.int32(background_is_missing)
    return without_gaps, len(values) - 1 + background_is_missing


def _cut_labels(
    labels: np.ndarray,
    inner_edges: tuple[bool, bool, bool, bool],
    *,
    edge_px: int,
    count: int,
) -> np.ndarray:
    """bool [count + 1]: which labels come near an edge that lies inside the image."""
    cut = np.zeros(count + 1, bool)
    sides = (labels[:edge_px], labels[-edge_px:], labels[:, :edge_px], labels[:, -edge_px:])
    for is_inner, side in zip(inner_edges, sides, strict=True):
        if is_inner:
            cut[side.ravel()] = True
    cut[0] = False
    return cut
