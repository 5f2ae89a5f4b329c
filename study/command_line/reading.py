"""How images are read: options shared by several commands, declared once."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import arg

from study.design import SIMULATED, DataOptions


@dataclass(frozen=True, kw_only=True)
class PlaneOptions:
    """Which parts of each image are read."""

    channel: Annotated[str | None, arg(metavar="TEXT")] = None
    """Which labels or channels to read, where there are several by name."""
    plane: Annotated[int | None, arg(metavar="N")] = None
    """Plane of multi-page images."""


@dataclass(frozen=True, kw_only=True)
class DatasetOptions(PlaneOptions):
    """How a data set is read; options left out are recognised, or keep the preset's values."""

    layout: Annotated[str | None, arg(metavar="TEXT")] = None
    """Layout on disk; recognised without it."""
    group: Annotated[str | None, arg(metavar="TEXT")] = None
    """Column of index.csv, or regular expression whose first group names what stays together."""
    components: bool = False
    """Take each connected piece of a binary mask as one cell."""
    unlabelled: Annotated[str | None, arg(metavar="FOLDER")] = None
    """Folder of further images, which are used without labels."""
    detect_duplicates: bool = True
    """Keep copies and overlapping or adjoining crops of one field on one side of the split."""

    def applied_to(self, data: DataOptions, *, path: str | None) -> DataOptions:
        """A data set's options, replaced where values were given here.

        Args:
            data: as the preset has them.
            path: of the data set; None: as the preset has it.
        """
        changes: dict[str, Any] = {
            "path": absolute(path),
            "layout": self.layout,
            "channel": self.channel,
            "group_pattern": self.group,
            "plane": self.plane,
            "components": self.components or None,
            "unlabelled": absolute(self.unlabelled),
            "detect_duplicates": None if self.detect_duplicates else False,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        return dataclasses.replace(data, **given)


def absolute(path: str | None) -> str | None:
    """The absolute path, so that a folder has the same name wherever the command is run."""
    return path if path in (None, SIMULATED) else str(Path(path).resolve())
