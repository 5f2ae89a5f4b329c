"""`study ui`: MLflow's pages of a study."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional


@dataclass(frozen=True, kw_only=True)
class Ui:
    """Serves MLflow's own pages of a study, on this machine only (127.0.0.1)."""

    folder: Positional[Path]
    """The study's folder."""
    port: int = 5000
    """Port of the pages."""

    def run(self, line: str) -> int:
        """Serves the pages until Ctrl-C; returns the exit status."""
        from study.tracking.tracking import serve

        if not (self.folder / "mlflow.db").exists():
            raise ValueError(f"{self.folder} holds no study: it has no mlflow.db.")
        return serve(self.folder, port=self.port)
