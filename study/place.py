"""Where a study runs."""

from dataclasses import dataclass
from pathlib import Path

from study.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a study runs and where its files lie; decides none of its numbers."""

    folder: Path
    """The study's own folder on this machine."""
    storage: str = ""
    """Folder that all machines of a cluster can reach; empty: the study's own."""
    address: str = ""
    """Address of a Ray cluster; empty: this machine alone."""
    concurrency: int = 0
    """Trainings at once; 0 is as many as fit."""
    command: str = ""
    """The command that began it, for the report."""

    @property
    def on_cluster(self) -> bool:
        """Whether there may be machines that cannot reach this one's files."""
        return bool(self.address)

    @property
    def store(self) -> Store:
        """The study's store."""
        return Store(self.storage or self.folder)
