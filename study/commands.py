"""What each command of the command line does."""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from study import cli
from study.design import DataOptions, Study
from study.options import RunOptions, folder_of, study_of


def run_command(command: Any, line: str) -> int:
    """Runs one command.

    Args:
        command: one of the dataclasses in `study/cli.py`, or `RunOptions`.
        line: the command as it was typed.

    Returns:
        The exit status.
    """
    match command:
        case RunOptions(dry_run=True):
            return show_plan(command)
        case RunOptions():
            return run(command, line)
        case cli.Status():
            return show_status(command.folder)
        case cli.Report():
            return report(command)
        case cli.Check():
            return check(command)
        case cli.Predict():
            return predict(command)
        case cli.Export():
            return export(command)
        case cli.Ui():
            return serve_ui(command.folder, port=command.port)
    raise AssertionError(f"no such command: {command}")


def run(options: RunOptions, line: str) -> int:
    """`study run`: the study, its report, and where to find it."""
    from study.finished import is_finished
    from study.one_writer import one_writer
    from study.place import Place

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
    page = folder / "report" / "report.html"
    if is_finished(study, place.store) and page.exists():
        console.print(f"Study {study.name} in {folder} is complete.")
        console.print(f"Report: {page}")
        return 0
    console.print(f"Study {study.name} in {folder}")
    if study.left_out:
        console.print(f"Left out to fit the budget: {'; '.join(study.left_out)}")
    with one_writer(place):
        return _run(study, place, folder, options, console)


def _run(study: Study, place: Any, folder: Path, options: RunOptions, console: Console) -> int:
    from study.display import Display
    from study.events import Listeners
    from study.finished import mark_finished
    from study.opened import open_study
    from study.run import run_opened
    from study.store import full_disk_explained
    from study.tracking import Tracking

    with full_disk_explained(folder):
        opened = open_study(study, place)
    folds = len(opened.splits)
    if folds > 1:
        console.print(f"Too few images for a test side: {folds} grouped folds")
    display = Display(console, ceiling_device_seconds=study.search_device_seconds * folds)
    with Tracking(folder, store=place.store, uri=options.tracking_uri) as tracking:
        with display, full_disk_explained(folder):
            run_opened(opened, place, listener=Listeners([display, tracking]))
            mark_finished(study, place.store)
        return _finish(place.store, folder, tracking, console)


def _cut(study: Study, options: RunOptions, store: Any) -> Study:
    """The study as it fits its budget; of one that has begun, as it was cut then."""
    if not options.budget:
        return study
    from study.budget import read_budget, scaled_before
    from study.planning import plan_of

    begun = json.loads(store.read_text("study.json") or "{}")
    seconds, study_hash = read_budget(options.budget), begun.get("hash", "")
    cut = scaled_before(study, budget_seconds=seconds, study_hash=study_hash)
    return cut or plan_of(options).study


def report(command: cli.Report) -> int:
    """`study report`: the report of what there is, or several studies side by side."""
    from study.store import Store
    from study.tracking import Tracking

    folders = [_existing(folder) for folder in command.folders]
    if not folders:
        raise ValueError("Give the folder of a study, as `study run` was given it as --out.")
    if len(folders) > 1:
        return _compare(folders, command)
    (folder,) = folders
    store = Store(folder)
    with Tracking(folder, store=store, uri=command.tracking_uri) as tracking:
        return _finish(store, folder, tracking, Console(), margin_f1=command.margin)


def _compare(folders: list[Path], command: cli.Report) -> int:
    from reports.compare_studies import write_comparison

    path = write_comparison(folders, out=command.out, margin_f1=command.margin)
    Console().print(f"Comparison: {path}", soft_wrap=True, highlight=False)
    return 0


def _finish(
    store: Any, folder: Path, tracking: Any, console: Console, *, margin_f1: float = cli.MARGIN_F1
) -> int:
    """Writes the report of what the store holds into the study's own folder."""
    from reports.render import write_report

    path = write_report(store.root, out=folder, margin_f1=margin_f1)
    tracking.send_report(path)
    if unsent := tracking.finish():
        console.print(unsent, highlight=False)
    console.print(f"Report: {path}", soft_wrap=True, highlight=False)
    return 0


def show_plan(options: RunOptions) -> int:
    """`study run --dry-run`: every training of the study, counted, and nothing run."""
    from study.planning import plan_of, plan_screen

    Console(highlight=False).print(plan_screen(plan_of(options)))
    return 0


def show_status(folder: Path) -> int:
    """`study status`: what has ended, by stage and arm."""
    from study.status import status_table

    Console().print(status_table(_existing(folder)))
    return 0


def check(command: cli.Check) -> int:
    """`study check`: what a data set holds and allows."""
    from study.check import check_dataset

    data = DataOptions(
        path=str(command.dataset),
        layout=command.layout,
        channel=command.channel,
        group_pattern=command.group,
        plane=command.plane,
        components=command.components,
        unlabelled=str(command.unlabelled or ""),
        detect_duplicates=command.detect_duplicates,
    )
    found = check_dataset(data, out=command.out)
    Console().print(found.render())
    return 0 if found.runnable else 1


def predict(command: cli.Predict) -> int:
    """`study predict`: instance labels as TIFF."""
    from study.predict import predict_images

    model = _chosen_model(command.folder, command.arm)
    read = _read_options(command.folder)
    for path in predict_images(
        model,
        command.images,
        out=command.out,
        options=read,
        note=lambda text: print(text, file=sys.stderr),
    ):
        print(path)
    return 0


def export(command: cli.Export) -> int:
    """`study export`: the model in its family's own format, with its card."""
    from study.export import PackageRequest, export_model

    out = command.out or command.folder / "export"
    package = PackageRequest(authors=command.authors, licence=command.licence)
    if command.bioimageio:
        print("bioimageio.core will run the package, which takes a while.", file=sys.stderr)
    for path in export_model(
        _existing(command.folder),
        arm=command.arm,
        out=out,
        package=package if command.bioimageio else None,
    ):
        print(path)
    return 0


def serve_ui(folder: Path, *, port: int) -> int:
    """`study ui`: MLflow's pages until Ctrl-C."""
    from study.tracking import serve

    if not (folder / "mlflow.db").exists():
        raise ValueError(f"{folder} holds no study: it has no mlflow.db.")
    return serve(folder, port=port)


def _chosen_model(folder: Path, arm: str) -> Any:
    from study.store import Store
    from study.winner import model_folder
    from trainables.model import load_model

    return load_model(model_folder(Store(_existing(folder)), arm=arm))


def _read_options(folder: Path) -> Any:
    """Plane and channels of the images that the study was made on."""
    from study.store import Store
    from trainables.data.records import Options

    kept = json.loads(Store(folder).read_text("study.json") or "{}")
    data = kept.get("study", {}).get("data", {})
    return Options(channel=data.get("channel", ""), plane=data.get("plane", 0))


def _existing(folder: Path) -> Path:
    if not (folder / "study.json").exists():
        raise ValueError(f"{folder} holds no study: it has no study.json.")
    return folder
