"""How far a study has come, from its store alone."""

from collections import defaultdict
from pathlib import Path

from rich.table import Table

from study.store import Store
from trainables.result import TrialResult


def status_table(folder: Path) -> Table:
    """Trainings that ended, by stage and arm, with their best score and their cost."""
    cells: dict[tuple[str, str], list[TrialResult]] = defaultdict(list)
    for result in Store(folder).results().values():
        spec = result.spec
        cells[str(spec["stage"]), str(spec.get("arm", "gan"))].append(result)
    table = Table(title=f"Study in {folder}", title_justify="left")
    for name in ("stage", "arm"):
        table.add_column(name)
    for name in ("completed", "stopped early", "failed", "best validation F1", "device seconds"):
        table.add_column(name, justify="right")
    for (stage, arm), results in sorted(cells.items(), key=_order):
        table.add_row(stage, arm, *_numbers(results))
    return table


_STAGES = ("fit_sources", "fit_gans", "search", "confirm", "ablate")


def _order(cell: tuple[tuple[str, str], list[TrialResult]]) -> tuple[int, str]:
    (stage, arm), _ = cell
    return _STAGES.index(stage), arm


def _numbers(results: list[TrialResult]) -> tuple[str, ...]:
    def count(status: str) -> str:
        return str(sum(result.status == status for result in results))

    scores = [result.validation_f1 for result in results if result.validation]
    seconds = sum(result.cost.device_seconds for result in results if result.cost)
    return (
        count("completed"),
        count("pruned"),
        count("failed"),
        f"{max(scores):.3f}" if scores else "-",
        f"{seconds:.0f}",
    )
