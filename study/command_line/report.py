"""`study report`: the report of a study so far, or several studies side by side."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from reports.margin import MARGIN_F1
from study.command_line.existing import existing


@dataclass(frozen=True, kw_only=True)
class Report:
    """Writes the report of a study, finished or not, and sends MLflow what it has missed.

    Given several studies, compares them side by side: rank and difference of the arms by data set.
    """

    folders: Positional[tuple[Path, ...]]
    """The study's folder, or those of several studies."""
    margin: float = MARGIN_F1
    """Differences of test F1 up to this are of no account: "no difference" means none above it."""
    out: Path = Path("comparison")
    """Where the comparison of several studies is written."""
    tracking_uri: str = ""
    """MLflow server or database; empty: the one in the study's folder."""

    def run(self, line: str) -> int:
        """Writes the report and prints where it lies; returns the exit status."""
        from study.command_line.reporting import compare_studies, report_again

        folders = [existing(folder) for folder in self.folders]
        if not folders:
            raise ValueError("Give the folder of a study, as `study run` was given it as --out.")
        if len(folders) > 1:
            compare_studies(folders, out=self.out, margin_f1=self.margin)
        else:
            report_again(folders[0], tracking_uri=self.tracking_uri, margin_f1=self.margin)
        return 0
