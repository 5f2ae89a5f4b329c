"""The progress of a study, from its store alone."""

import math
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from study.events import row_of
from study.store import Store
from trainables.results.result import TrialHead
from trainables.spec.stages import PLACES, Stage


def show_status(folder: Path) -> None:
    """Prints what has ended, by stage and arm."""
    Console().print(status_table(folder))


def status_table(folder: Path) -> Table:
    """Trainings that have ended, by stage and arm, with their best score and cost."""
    cells: dict[tuple[Stage, str], list[TrialHead]] = defaultdict(list)
    for head in Store(folder).heads():
        cells[head.spec.stage, row_of(head)].append(head)
    table = Table(title=f"Study in {folder}", title_justify="left")
    for name in ("stage", "arm"):
        table.add_column(name)
    for name in ("completed", "stopped early", "failed", "best validation F1", "device seconds"):
        table.add_column(name, justify="right")
    for (stage, arm), heads in sorted(cells.items(), key=_order):
        table.add_row(stage, arm, *_numbers(heads))
    return table


def _order(cell: tuple[tuple[Stage, str], list[TrialHead]]) -> tuple[int, str]:
    (stage, arm), _ = cell
    return PLACES[stage], arm


def _numbers(heads: list[TrialHead]) -> tuple[str, ...]:
    def count(status: str) -> str:
        return str(sum(head.status == status for head in heads))

    known = [head.validation_f1 for head in heads]
    scores = [score for score in known if not math.isnan(score)]
    seconds = sum(head.device_seconds for head in heads)
    return (
        count("completed"),
        count("pruned"),
        count("failed"),
        f"{max(scores):.3f}" if scores else "-",
        f"{seconds:.0f}",
    )
