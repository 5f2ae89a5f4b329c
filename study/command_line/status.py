"""`study status`: what has ended, by stage and arm."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from study.command_line.existing import existing


@dataclass(frozen=True, kw_only=True)
class Status:
    """Shows the progress of a study."""

    folder: Positional[Path]
    """The study's folder."""

    def run(self, line: str) -> int:
        """Prints the table; returns the exit status."""
        from study.command_line.status_screen import show_status

        show_status(existing(self.folder))
        return 0
