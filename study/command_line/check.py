"""`study check`: what a data set holds, what is wrong with it, and which studies it allows."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from study.design import DataOptions


@dataclass(frozen=True, kw_only=True)
class Check:
    """Tells in one screen what a data set holds, what is wrong with it, and what it allows."""

    dataset: Positional[Path]
    """Folder or file of the data set."""
    layout: str = "auto"
    """Layout on disk; `auto` recognises it."""
    channel: str = ""
    """Which labels or channels, where there are several by name."""
    group: str = ""
    """Column of index.csv, or regular expression whose first group names what stays together."""
    plane: int = 0
    """Plane of multi-page images."""
    components: bool = False
    """Take each connected piece of a binary mask as one cell."""
    unlabelled: Path | None = None
    """Folder of further images, which are used without labels."""
    detect_duplicates: bool = True
    """Look for copies and overlapping or adjoining crops of one field."""
    out: Path | None = None
    """Where to write the contact sheet (PNG); none is written without it."""

    def run(self, line: str) -> int:
        """Prints the screen; returns 0 where a study could run on the data set, else 1."""
        from study.command_line.check_screen import show_check

        data = DataOptions(
            path=str(self.dataset),
            layout=self.layout,
            channel=self.channel,
            group_pattern=self.group,
            plane=self.plane,
            components=self.components,
            unlabelled=str(self.unlabelled or ""),
            detect_duplicates=self.detect_duplicates,
        )
        return 0 if show_check(data, out=self.out) else 1
