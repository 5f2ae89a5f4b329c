"""Writing reports from the command line, to the study's folder and to MLflow."""

from pathlib import Path

from rich.console import Console

from reports.margin import MARGIN_F1
from reports.page.compare_studies import write_comparison
from reports.page.render import write_report
from study.store import Store
from study.tracking.tracking import Tracking


def page_of(folder: Path) -> Path:
    """Where the report of the study in a folder lies."""
    return folder / "report" / "report.html"


def report_again(folder: Path, *, tracking_uri: str, margin_f1: float) -> None:
    """Writes the report of a study's results so far, and sends MLflow what it has missed.

    Args:
        folder: of the study.
        tracking_uri: MLflow server or database; empty: the one in the folder.
        margin_f1: differences of test F1 up to this are of no account.
    """
    store = Store(folder)
    with Tracking(folder, store=store, uri=tracking_uri) as tracking:
        write_and_send(store, folder, tracking, Console(), margin_f1=margin_f1)


def write_and_send(
    store: Store,
    folder: Path,
    tracking: Tracking,
    console: Console,
    *,
    margin_f1: float = MARGIN_F1,
) -> None:
    """Writes the report of the store's results to the study's own folder and to MLflow."""
    write_report(store.root, out=folder, margin_f1=margin_f1)
    tracking.send_report(page_of(folder))
    if unsent := tracking.finish():
        console.print(unsent, highlight=False)
    console.print(f"Report: {page_of(folder)}", soft_wrap=True, highlight=False)


def compare_studies(folders: list[Path], *, out: Path, margin_f1: float) -> None:
    """Writes a comparison of several studies into a folder."""
    path = write_comparison(folders, out=out, margin_f1=margin_f1)
    Console().print(f"Comparison: {path}", soft_wrap=True, highlight=False)
