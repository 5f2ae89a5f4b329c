"""One session of `study run`: the study with its display and MLflow's copy, then its report."""

import json
from pathlib import Path

from rich.console import Console

from study.budget import read_budget, scaled_before
from study.command_line.display import Display
from study.command_line.options import RunOptions, folder_of, study_of
from study.command_line.plan_screen import plan_of
from study.command_line.reporting import page_of, write_and_send
from study.design import Study
from study.events import Listeners
from study.inputs.opened import open_study
from study.place import Place
from study.running.finished import is_finished, mark_finished
from study.running.one_writer import one_writer
from study.running.run import StudyRun
from study.store import Store, full_disk_explained
from study.tracking.tracking import Tracking


def run_and_report(options: RunOptions, line: str) -> None:
    """Runs the study that the options describe, writes its report, and prints where to find it.

    Args:
        options: of the command.
        line: the command as it was typed.

    Raises:
        ValueError: something the user can fix, explained in one sentence.
    """
    declared = study_of(options)
    folder = folder_of(options, declared)
    place = Place(
        folder=folder.absolute(),
        storage=options.storage,
        address=options.address,
        concurrency=options.concurrency,
        command=line,
    )
    study = _cut(declared, options, place.store)
    console = Console(soft_wrap=True, highlight=False)
    if is_finished(study, place.store) and page_of(folder).exists():
        console.print(f"Study {study.name} in {folder} is complete.")
        console.print(f"Report: {page_of(folder)}")
        return
    console.print(f"Study {study.name} in {folder}")
    if study.left_out:
        console.print(f"Left out to fit the budget: {'; '.join(study.left_out)}")
    with one_writer(place):
        _run(study, place, folder, options.tracking_uri, console)


def _run(study: Study, place: Place, folder: Path, tracking_uri: str, console: Console) -> None:
    with full_disk_explained(folder):
        opened = open_study(study, place)
    folds = len(opened.splits)
    if folds > 1:
        console.print(f"Too few images for a test side: {folds} grouped folds")
    display = Display(console, ceiling_device_seconds=study.search_device_seconds * folds)
    with Tracking(folder, store=place.store, uri=tracking_uri) as tracking:
        with display, full_disk_explained(folder):
            listener = Listeners([display, tracking])
            StudyRun(opened=opened, place=place, listener=listener).run()
            mark_finished(study, place.store)
        write_and_send(place.store, folder, tracking, console)


def _cut(study: Study, options: RunOptions, store: Store) -> Study:
    """The study cut to its budget; one that has already begun stays as it was cut then."""
    if not options.budget:
        return study
    begun = json.loads(store.read_text("study.json") or "{}")
    seconds, study_hash = read_budget(options.budget), begun.get("hash", "")
    cut = scaled_before(study, budget_seconds=seconds, study_hash=study_hash)
    return cut or plan_of(options).study
