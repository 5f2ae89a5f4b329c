"""Architectures have their names from `ARCHITECTURES`: nobody else decides by them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainables.spec.gan_spec import ARCHITECTURES

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("trainables", "search_spaces", "study", "reports")
ROWS = "trainables/spec/gan_spec.py"
CHOOSERS = {ROWS, "study/presets.py"}
"""The rows themselves, and studies, which choose among GANs; every other file asks the row."""


def names_in(file: Path) -> Iterator[str]:
    """The strings of a file that are an architecture's name and nothing more."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and node.value in ARCHITECTURES:
            yield node.value


def named() -> dict[str, set[str]]:
    """The architectures that each file names, by the file's place in the tree."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {str(file.relative_to(ROOT)): set(names_in(file)) for file in files}


def test_only_rows_studies_and_its_own_file_name_an_architecture() -> None:
    found = {file: names for file, names in named().items() if names}
    assert found[ROWS] == set(ARCHITECTURES)
    for file in CHOOSERS:
        del found[file]
    for name in ARCHITECTURES:
        found.pop(f"trainables/gan/architectures/{name}.py", None)
    assert not found, f"these ask an architecture's name in place of its row: {found}"


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_readme_lists_it_with_its_papers(name: str) -> None:
    rows = [
        line for line in (ROOT / "README.md").read_text().splitlines() if f"| `{name}` |" in line
    ]
    assert len(rows) == 1
    for paper in ARCHITECTURES[name].papers:
        assert paper.citation in rows[0]
