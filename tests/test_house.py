"""The shape of the house: who imports whom, and how light the command line is."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "trainables": {"trainables"},
    "search_spaces": {"search_spaces", "trainables"},
    "reports": {"reports", "trainables"},
    "study": {"study", "search_spaces", "reports", "trainables"},
}
HEAVY = ("torch", "tensorflow", "ray", "mlflow", "optuna", "cellpose", "matplotlib", "skimage")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        ours = set(imported(file)) & MAY_IMPORT.keys()
        assert ours <= MAY_IMPORT[package], f"{file} imports {ours - MAY_IMPORT[package]}"


def test_only_one_file_of_a_trial_knows_ray() -> None:
    outside = {"ray", "optuna", "mlflow"}
    knowing = [
        file.name for file in (ROOT / "trainables").rglob("*.py") if outside & set(imported(file))
    ]
    assert knowing == ["ray_trainable.py"]


@pytest.mark.parametrize("module", ["study.cli", "study.options", "trainables.segmenters"])
def test_the_command_line_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert shown.stdout.strip() == "[]"
