"""The floor plan of the house: which room may import which, and how light the command line is."""

import ast
import importlib
import itertools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from trainables.segmenters.families import FAMILIES

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("trainables", "search_spaces", "study", "reports")
MOST_FILES = 20
"""Python files in one folder."""

DATA = {"data", "spec"}
ROOMS: dict[str, set[str]] = {
    "spec": set(),
    "machine": set(),
    "results": {"spec"},
    "data": {"spec"},
    "data.files": {"data"},
    "data.opening": {"data", "data.files"},
    "data.layouts": {"data", "data.files", "data.opening", "machine"},
    "data.dividing": {"data", "data.opening", "spec"},
    "data.simulation": {"data", "spec"},
    "metrics": {"data", "results"},
    "training": {"data", "spec", "results"},
    "networks": {"data", "training", "segmenters"},
    "segmenters": {"data", "metrics", "spec", "training"},
    "segmenters.unet": {"segmenters", "networks", "training", *DATA},
    "segmenters.cellpose": {"segmenters", "networks", "training", "machine", *DATA},
    "segmenters.stardist": {"segmenters", "training", "machine", "results", *DATA},
    "gan": {"data"},
    "gan.architectures": {"gan", "networks", "spec"},
    "gan.masks": {"data", "data.simulation", "spec"},
    "gan.generators": {"gan", "gan.architectures", "gan.masks", "training", *DATA},
    "gan.pools": {"gan", "segmenters", "metrics", "training", *DATA},
    "gan.fitting": {
        "gan",
        "gan.architectures",
        "gan.masks",
        "gan.generators",
        "gan.pools",
        "segmenters",
        "training",
        *DATA,
    },
    "extra": {"segmenters", "gan.fitting", "training", *DATA},
    "wire": {"results", "segmenters", "spec"},
    "models": {"wire", "segmenters", "metrics", "results", *DATA},
}
"""Of `trainables`: what each room may import of the others."""
TRAINABLES = {f"trainables.{room}" for room in ROOMS}
READING = {"trainables.results", "trainables.spec", "trainables.metrics", "trainables.gan.pools"}
PLAN: dict[str, set[str]] = {
    "trainables": TRAINABLES,
    **{f"trainables.{room}": {f"trainables.{one}" for one in ROOMS[room]} for room in ROOMS},
    "search_spaces": {"trainables.segmenters", "trainables.spec"},
    "reports": {
        "trainables.results",
        "trainables.segmenters",
        "trainables.spec",
        "trainables.wire",
    },
    "reports.statistics": {"trainables.spec"},
    "reports.verdict": {
        "reports",
        "reports.statistics",
        "trainables.segmenters",
        *(READING - {"trainables.gan.pools"}),
    },
    "reports.findings": {"reports", "reports.statistics", "reports.verdict", *READING},
    "reports.tables": {
        "reports",
        "reports.statistics",
        "reports.verdict",
        "reports.findings",
        "trainables.results",
    },
    "reports.figures": {
        "reports",
        "reports.statistics",
        "reports.verdict",
        "reports.findings",
        "trainables.data",
        "trainables.training",
        *READING,
    },
    "reports.text": {
        "reports",
        "reports.verdict",
        "reports.findings",
        "reports.tables",
        "trainables.segmenters",
        "trainables.gan.pools",
        "trainables.spec",
    },
    "reports.page": {
        "reports",
        "reports.verdict",
        "reports.findings",
        "reports.tables",
        "reports.figures",
        "reports.text",
    },
    "study": {
        "trainables.wire",
        "search_spaces",
        "trainables.machine",
        "trainables.results",
        "trainables.segmenters",
        *(f"trainables.segmenters.{family}" for family in FAMILIES),  # presets
        "trainables.spec",
    },
    "study.inputs": {
        "trainables.wire",
        "study",
        "trainables.segmenters",
        "trainables.machine",
        "trainables.data.layouts",
        "trainables.data.opening",
        "trainables.data.dividing",
        "trainables.data.simulation",
        "trainables.data",
        "trainables.data.files",
        "trainables.results",
        "trainables.spec",
    },
    "study.running": {
        "trainables.wire",
        "study",
        "study.inputs",
        "search_spaces",
        "trainables",
        "trainables.data",
        "trainables.data.dividing",
        "trainables.gan.pools",
        "trainables.segmenters",
        "trainables.machine",
        "trainables.results",
        "trainables.spec",
    },
    "study.tracking": {"study", "reports", "reports.verdict", *READING},
    "study.take_home": {
        "study",
        "reports",
        "reports.verdict",
        "trainables.models",
        "trainables.segmenters",
        "trainables.data",
        "trainables.data.files",
        "trainables.data.opening",
        "trainables.data.simulation",
        "trainables.results",
        "trainables.spec",
    },
    "study.command_line": {
        "trainables.wire",
        "study",
        "study.inputs",
        "study.running",
        "study.tracking",
        "study.take_home",
        "reports",
        "reports.page",
        "trainables.segmenters",
        "trainables.data.opening",
        "trainables.data.dividing",
        "trainables.results",
        "trainables.spec",
    },
}
"""The whole plan: what each room may import of the others."""
DOORS = {"study.__main__", "trainables.segmenters.families", "trainables.spec.gan_spec"}
"""Files that stand in a room for all that lies behind it: an entry, the list of every family, and
that of every GAN, whose networks are imported when one is made. What lies behind a door may know
it: a GAN is made as its spec says."""
OWNERS = {
    "ray": {"study.running", "trainables"},
    "optuna": {"study.running", "search_spaces", "reports.findings"},
    "mlflow": {"study.tracking"},
}
"""The only rooms that import these libraries."""
HEAVY = ("torch", "tensorflow", "ray", "mlflow", "optuna", "cellpose", "matplotlib", "skimage")


@dataclass(frozen=True)
class Import:
    """One module of this project or another, as some file imports it."""

    module: str
    when_called: bool
    """Whether a function imports it."""


def modules() -> dict[str, Path]:
    found = {}
    for file in itertools.chain(*((ROOT / package).rglob("*.py") for package in PACKAGES)):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = file
    assert len(found) > 300
    return found


MODULES = modules()
ALL_ROOMS = {name for name, file in MODULES.items() if file.name == "__init__.py"}


def room_of(module: str) -> str:
    return module if module in ALL_ROOMS else module.rpartition(".")[0]


def imports(file: Path) -> Iterator[Import]:
    tree = ast.parse(file.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inner = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            longer = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in longer]
        else:
            continue
        yield from (Import(name, id(node) in inner) for name in names)


IMPORTS = {name: list(imports(file)) for name, file in MODULES.items()}


def test_every_room_has_a_plan_and_every_plan_a_room() -> None:
    assert set(PLAN) == ALL_ROOMS
    assert set().union(*PLAN.values()) <= ALL_ROOMS


@pytest.mark.parametrize("room", PLAN)
def test_a_room_imports_what_the_plan_allows_and_no_more(room: str) -> None:
    used = {
        room_of(one.module)
        for name, found in IMPORTS.items()
        for one in found
        if room_of(name) == room and name not in DOORS and one.module in MODULES
    } - {room}
    assert used <= PLAN[room], f"{room} imports {sorted(used - PLAN[room])}"
    if room != "trainables":
        assert PLAN[room] <= used, f"{room} no longer imports {sorted(PLAN[room] - used)}"


def test_no_import_runs_back_up() -> None:
    left = {room: set(may) for room, may in PLAN.items()}
    while floor := [room for room, may in left.items() if not may & left.keys()]:
        for room in floor:
            del left[room]
    assert not left, f"rooms in a circle, or above one: {sorted(left)}"


def test_no_file_imports_itself_by_way_of_others() -> None:
    left = {
        name: {one.module for one in found if name not in DOORS or not one.when_called}
        for name, found in IMPORTS.items()
    }
    while ends := [name for name, found in left.items() if not found & left.keys()]:
        for name in ends:
            del left[name]
    assert not left, f"files in a circle, or above one: {sorted(left)}"


def test_no_room_is_a_heap() -> None:
    for room in ALL_ROOMS:
        files = list(MODULES[room].parent.glob("*.py"))
        assert len(files) <= MOST_FILES, f"{room} has {len(files)} files"


@pytest.mark.parametrize("room", PLAN)
def test_a_room_says_what_lives_there_and_what_it_imports(room: str) -> None:
    said = importlib.import_module(room).__doc__ or ""
    assert "Imports" in said


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_by_its_owners_alone(library: str) -> None:
    rooms = {
        room_of(name)
        for name, found in IMPORTS.items()
        if any(one.module.split(".")[0] == library for one in found)
    }
    assert rooms == OWNERS[library]


@pytest.mark.parametrize(
    "module",
    ["study.command_line.cli", "study.command_line.options", "trainables.segmenters.families"],
)
def test_the_command_line_imports_nothing_heavy(module: str) -> None:
    assert loaded(module, HEAVY) == []


def test_finding_weights_needs_no_images_and_no_search() -> None:
    assert loaded("study.inputs.initial_weights", ("scipy", "optuna", "cv2", *HEAVY)) == []


def loaded(module: str, names: tuple[str, ...]) -> list[str]:
    """Which of some libraries a fresh process has loaded once it has imported a module."""
    code = f"import sys, {module}; print(*[name for name in {names} if name in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return shown.stdout.split()
