"""What a person sees while a study runs: a live table, or plain lines in a file or CI log."""

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta

from rich.console import Console
from rich.live import Live
from rich.table import Table

from study.events import row, row_of
from trainables.results.result import TrialResult
from trainables.spec.stages import STAGES, Stage
from trainables.spec.trial_spec import GanFitSpec, Spec


@dataclass(kw_only=True, slots=True)
class _Row:
    """One line of the table: an arm, a source training, or the GAN fits."""

    planned: int
    done: int = 0
    failed: int = 0
    pruned: int = 0
    running: dict[str, float] = field(default_factory=dict)
    """Share of its images that each running training has seen so far, by trial id."""
    best_f1: float = float("nan")
    device_seconds: float = 0.0

    @property
    def ended(self) -> int:
        return self.done + self.failed + self.pruned


class Display:
    """A listener that shows the stage, the trainings of each arm, scores and time left."""

    def __init__(self, console: Console, *, ceiling_device_seconds: float) -> None:
        """Shows nothing until a stage starts.

        Args:
            console: a terminal gets a live table, anything else plain lines.
            ceiling_device_seconds: what each arm may spend in the search.
        """
        self._console = console
        self._ceiling_device_seconds = ceiling_device_seconds
        self._stage: Stage | None = None
        self._rows: dict[str, _Row] = {}
        self._started = time.monotonic()
        self._stage_started = time.monotonic()
        self._lock = threading.Lock()
        self._live = Live(console=console, refresh_per_second=2, get_renderable=self.table)

    def __enter__(self) -> "Display":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *unused: object) -> None:
        if self._live.is_started:
            self._live.stop()

    def stage_started(self, stage: Stage, planned: dict[str, int]) -> None:
        """A stage begins: its table replaces the previous one."""
        with self._lock:
            self._stage = stage
            self._stage_started = time.monotonic()
            self._rows = {name: _Row(planned=count) for name, count in planned.items()}
        total = sum(planned.values())
        self._say(f"{stage}: {total} trainings ({_counts(planned)})")

    def trial_started(self, spec: Spec) -> None:
        """A training begins."""
        with self._lock:
            self._row(row(spec)).running[spec.id] = 0.0
        self._say(f"{self._stage}: {row(spec)} {spec.id} started")

    def trial_progressed(self, spec: Spec, *, images_seen: int, validation_f1: float) -> None:
        """A training has been evaluated."""
        with self._lock:
            self._row(row(spec)).running[spec.id] = min(1.0, images_seen / _images_seen(spec))

    def trial_ended(self, result: TrialResult) -> None:
        """A training has ended."""
        name = row_of(result)
        with self._lock:
            line = self._row(name)
            line.running.pop(result.trial_id, None)
            line.done += result.status == "completed"
            line.failed += result.status == "failed"
            line.pruned += result.status == "pruned"
            line.device_seconds += result.cost.device_seconds if result.cost else 0.0
            line.best_f1 = max(line.best_f1, result.validation_f1, key=_nan_last)
        self._say(f"{self._stage}: {name} {result.trial_id} {_outcome(result)}{self._left()}")

    def table(self) -> Table:
        """The table as it stands."""
        with self._lock:
            title = f"{self._stage} · {_clock(time.monotonic() - self._started)}{self._left()}"
            table = Table(title=title, title_justify="left", title_style="bold")
            table.add_column("arm")
            for name in ("done", "running", "failed", "best F1", "device time", "budget left"):
                table.add_column(name, justify="right")
            for name, line in self._rows.items():
                table.add_row(name, *self._cells(line))
        return table

    def _cells(self, line: _Row) -> tuple[str, ...]:
        running = " ".join(f"{share:.0%}" for share in line.running.values())
        done = f"{line.done}/{line.planned}" + (f" ({line.pruned} stopped)" * bool(line.pruned))
        budget = max(0.0, self._ceiling_device_seconds - line.device_seconds)
        return (
            done,
            running or "-",
            str(line.failed or "-"),
            f"{line.best_f1:.3f}" if line.best_f1 == line.best_f1 else "-",
            _clock(line.device_seconds),
            _clock(budget) if self._stage and STAGES[self._stage].is_charged else "-",
        )

    def _row(self, name: str) -> _Row:
        return self._rows.setdefault(name, _Row(planned=0))

    def _left(self) -> str:
        """An estimate of the time left in the stage, from the trainings that have ended."""
        ended = sum(line.ended for line in self._rows.values())
        planned = sum(max(line.planned, line.ended) for line in self._rows.values())
        if not 0 < ended < planned:
            return ""
        seconds = (time.monotonic() - self._stage_started) * (planned - ended) / ended
        return f" · about {_clock(seconds)} left in this stage"

    def _say(self, line: str) -> None:
        if not self._console.is_terminal:
            self._console.print(
                f"[{_clock(time.monotonic() - self._started)}] {line}",
                soft_wrap=True,
                markup=False,
                highlight=False,
            )


def _images_seen(spec: Spec) -> int:
    """Images that a training will have seen at its end."""
    return (spec.gan if isinstance(spec, GanFitSpec) else spec.training).images_seen


def _outcome(result: TrialResult) -> str:
    if result.status != "completed":
        return f"{result.status}: {result.reason.splitlines()[0] if result.reason else ''}"
    seconds = f" in {_clock(result.cost.device_seconds)}" if result.cost else ""
    if result.validation_f1 != result.validation_f1:
        return f"done{seconds}"
    return f"done{seconds}, validation F1 {result.validation_f1:.3f}"


def _counts(planned: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in planned.items())


def _nan_last(value: float) -> float:
    return value if value == value else float("-inf")


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
