"""What a layout finds on disk: where each image and its labels are, and how to read them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from trainables.data.files.defect import Problem

Side = Literal["", "train", "test"]
"""Side of the split that a data set itself names; "" where it names none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How the user wants a data set to be read."""

    channel: str = ""
    """Image channels to keep by number ("0,1"), or the kind of labels by name ("nuclear")."""
    plane: int = 0
    """Which plane of image stacks."""
    components: bool = False
    """Take each connected piece of a binary mask as one cell."""

    @property
    def channels(self) -> tuple[int, ...]:
        """The image channels named by number; empty means all."""
        parts = [part.strip() for part in self.channel.split(",")]
        return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One image of a data set, not yet read. Its readers can be pickled."""

    id: str
    image: Path
    mask: Path | None
    """File of the labels, or None for an image without labels."""
    read_image: Callable[[], np.ndarray]
    """Gives [H, W, C] of the file's dtype; raises DefectError."""
    read_labels: Callable[[], np.ndarray] | None = None
    """Gives int32 [H, W]; raises DefectError; None for an image without labels."""
    group: str = ""
    """Group known from the layout's own names, "" where unknown."""
    side: Side = ""
    short_id: str = ""
    """Id without the folders in front, used where no other image has it; "" for none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """All that one layout found in one folder."""

    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
