"""`study check`: what a data set holds, what is wrong with it, and which studies it allows."""

from dataclasses import dataclass, field
from pathlib import Path

from tyro.conf import Positional

from study.command_line.reading import DatasetOptions
from study.design import DataOptions


@dataclass(frozen=True, kw_only=True)
class Check:
    """Shows on one screen what a data set holds, what is wrong with it, and what it allows."""

    dataset: Positional[Path]
    """Folder or file of the data set."""
    reading: DatasetOptions = field(default_factory=DatasetOptions)
    out: Path | None = None
    """Where to write the contact sheet (PNG); none is written without it."""

    def run(self, line: str) -> int:
        """Prints the screen; returns 0 where a study could run on the data set, else 1."""
        from study.command_line.check_screen import show_check

        data = self.reading.applied_to(DataOptions(), path=str(self.dataset))
        return 0 if show_check(data, out=self.out) else 1
