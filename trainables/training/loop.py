"""The one loop of every training; its engine knows the framework, its course what is measured."""

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path

from trainables.training.contract import Checkpoints
from trainables.training.course import Course, Entry, Loss, State
from trainables.training.engine import Engine

STATE_FILE = "state.json"


def run(
    engine: Engine[Loss],
    course: Course[Loss, Entry],
    *,
    report: Callable[[Entry], None],
    checkpoints: Checkpoints,
) -> None:
    """Trains to the end of the course; the engine ends with the weights worth keeping.

    A training that resumes from a checkpoint first repeats the reports made before it, and ends
    like one that was never interrupted.

    Args:
        engine: in its initial state; a checkpoint's content is restored here.
        course: when to evaluate, what to keep, when to end.
        report: called with each evaluation.
        checkpoints: where the state is kept, wherever the engine pauses.

    Raises:
        TrainingDiverged: the loss became infinite or NaN.
    """
    state = _restored(engine, course, folder=checkpoints.load())
    for entry in state.progress:
        report(entry)
    last = max(course.evaluation_steps, default=0)
    while not course.is_over(state.progress) and state.step < last:
        end = next(step for step in course.evaluation_steps if step > state.step)
        _advance(engine, state, end=end)
        if state.step == end:
            _evaluate(engine, course, state)
            report(state.progress[-1])
        if checkpoints.due():
            checkpoints.save(lambda folder: _write(engine, state, folder))
    engine.restore_kept()


def _advance(engine: Engine[Loss], state: State[Loss, Entry], *, end: int) -> None:
    started = time.perf_counter()
    state.step, loss = engine.advance(state.step, end=end)
    state.losses.append(loss)
    state.seconds += time.perf_counter() - started


def _evaluate(engine: Engine[Loss], course: Course[Loss, Entry], state: State[Loss, Entry]) -> None:
    """Adds an evaluation to the history, and keeps the weights if they are worth it."""
    started = time.perf_counter()
    with engine.evaluating():
        measured = course.measure(state.step)
        state.seconds += time.perf_counter() - started
        entry = course.entry(state, measured)
        if course.is_worth_keeping(entry, state.progress):
            engine.keep()
    state.progress.append(entry)
    state.losses.clear()


def _write(engine: Engine[Loss], state: State[Loss, Entry], folder: Path) -> None:
    engine.write(folder)
    (folder / STATE_FILE).write_text(json.dumps(dataclasses.asdict(state)))


def _restored(
    engine: Engine[Loss], course: Course[Loss, Entry], *, folder: Path | None
) -> State[Loss, Entry]:
    """Puts back what `_write` wrote; a fresh state where there is no checkpoint.

    Checkpoints of earlier software hold no such state: their training starts afresh.
    """
    if folder is None or not (folder / STATE_FILE).exists():
        return State()
    engine.read(folder)
    raw = json.loads((folder / STATE_FILE).read_text())
    progress = [course.entry_type(**entry) for entry in raw.pop("progress")]
    return State(progress=progress, **raw)
