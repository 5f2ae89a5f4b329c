"""Labels of the Data Science Bowl's test images: run lengths in `stage1_solution.csv`."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from trainables.data.files.defect import DefectError
from trainables.data.files.files import read_image

COLUMNS = {"ImageId", "EncodedPixels", "Usage"}
"""Columns of a solution; lists of training labels and sample submissions have no usage."""
IGNORED_USAGE = "ignored"
PATTERNS = ("*.csv", "*/*.csv")


def read_solutions(root: Path) -> dict[str, list[str]]:
    """Run lengths of each nucleus by image, from the solutions in a folder or right below it.

    Images that the organisers ignore in the second stage, most of which have no labels, are left
    out.
    """
    nuclei: dict[str, list[str]] = defaultdict(list)
    for pattern in PATTERNS:
        for path in sorted(root.glob(pattern)):
            for row in _rows(path):
                if (row["Usage"] or "").strip().lower() != IGNORED_USAGE:
                    nuclei[row["ImageId"]].append(row["EncodedPixels"] or "")
    return dict(nuclei)


def read_run_lengths(image: Path, nuclei: list[str]) -> np.ndarray:
    """Labels from pairs of a start and a length; where nuclei overlap, the first one wins.

    Starts count from 1, down the columns.

    Returns:
        int32 [H, W], numbered in the order of the file.

    Raises:
        DefectError: the runs are no such pairs, or leave the image.
    """
    height, width = read_image(image).shape[:2]
    flat = np.zeros(height * width, np.int32)
    for number, text in enumerate(nuclei, start=1):
        for start, length in _runs(text, file=image.name, pixels=flat.size):
            run = flat[start : start + length]
            run[run == 0] = number
    return flat.reshape((height, width), order="F")


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows of a solution; none of any other table."""
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            return list(reader) if set(reader.fieldnames or ()) >= COLUMNS else []
    except (OSError, UnicodeDecodeError, csv.Error):
        return []  # no table, so no solution either


def _runs(text: str, *, file: str, pixels: int) -> list[tuple[int, int]]:
    """Start, from 0, and length of each run."""
    words = text.split()
    values = [int(word) for word in words if word.isdecimal()]
    runs = [(start - 1, length) for start, length in zip(values[::2], values[1::2], strict=False)]
    sound = len(values) == len(words) and len(values) % 2 == 0
    if not sound or any(start < 0 or start + length > pixels for start, length in runs):
        raise DefectError(
            file,
            what="has run lengths in the solution that are no pairs of a start and a length "
            "within the image",
            remedy="download the solution again",
        )
    return runs
