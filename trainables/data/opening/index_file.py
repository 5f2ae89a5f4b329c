"""The optional index.csv of a data set, and the groups in its file names."""

import csv
import re
from pathlib import Path

from trainables.data.opening.records import Side

WELLS = (
    re.compile(r"^([^_]+_Phase_[A-P]\d+)_\d+_"),  # LIVECell: cell line and well
    re.compile(r"^(.*_[A-Pa-p]\d\d)_s\d+"),  # BBBC006, BBBC039 and others of its microscopes
)
"""File names of public sets; the first group is the well."""
ID_COLUMNS = ("stem", "id", "image", "file", "filename", "name")
TEST_WORDS = ("test", "testing")
TRAIN_WORDS = ("train", "training", "val", "valid", "validation")


def read_index(root: Path) -> dict[str, dict[str, str]]:
    """Rows of index.csv by the stem of the image they describe; {} where there is no such file.

    Raises:
        ValueError: the file is not text, or has no column that names the images.
    """
    path = root / "index.csv"
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"index.csv must be a UTF-8 text with commas, but: {error}.") from error
    if not rows:
        return {}
    column = next((name for name in ID_COLUMNS if name in rows[0]), None)
    if column is None:
        raise ValueError(
            f"index.csv must have one of the columns {list(ID_COLUMNS)}, but has {list(rows[0])}."
        )
    return {_stem(row[column] or ""): row for row in rows}


def side_in(row: dict[str, str]) -> Side:
    """The side that the `split` column of a row names; validation counts as train.

    Raises:
        ValueError: the column holds another word.
    """
    word = (row.get("split") or "").strip().lower()
    if word in TEST_WORDS:
        return "test"
    if word in TRAIN_WORDS:
        return "train"
    if word:
        raise ValueError(
            f"The split column of index.csv must hold one of "
            f"{[*TRAIN_WORDS, *TEST_WORDS]} or nothing, but got {word!r}."
        )
    return ""


def group_of(sample_id: str, row: dict[str, str], *, pattern: str, known: str) -> str:
    """Group of a sample: by the pattern or column that was asked for, by index.csv, by its name.

    Args:
        sample_id: the sample.
        row: its row of index.csv, {} where it has none.
        pattern: name of a column, or a regular expression searched in the id; "" for neither.
        known: what the layout knows, "" for nothing.

    Returns:
        The name of the group; the sample's own id where nothing names one.

    Raises:
        ValueError: the pattern is no regular expression.
    """
    if pattern and pattern in row:
        return row[pattern].strip() or sample_id
    if pattern:
        match = _compiled(pattern).search(sample_id)
        if match:
            return next((part for part in match.groups() if part), match.group(0))
        return known or sample_id
    return (row.get("group") or "").strip() or known or _group_in_name(sample_id) or sample_id


def _group_in_name(sample_id: str) -> str:
    """The well in a file name of a public set, "" where there is none."""
    matches = (pattern.search(sample_id) for pattern in WELLS)
    return next((match.group(1) for match in matches if match), "")


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"group_pattern must be a column of index.csv or a regular expression, but got "
            f"{pattern!r} ({error})."
        ) from error


def _stem(name: str) -> str:
    """A file name without folder and image extension; other dots belong to the name."""
    from trainables.data.files.files import SUFFIXES

    path = Path(name.strip())
    return path.stem if path.suffix.lower() in SUFFIXES else path.name
