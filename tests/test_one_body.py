"""A spec is a dataclass in memory: no file of the report or the study asks one by key.

Only what crosses a wire is flat: Ray's config, the JSON of the store, MLflow's parameters.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from trainables.spec.stages import STAGES

ROOT = Path(__file__).resolve().parents[1]
DICT_METHODS = {"get", "items", "keys", "values", "pop"}


def trees(*packages: str) -> dict[Path, ast.Module]:
    files = [file for package in packages for file in (ROOT / package).rglob("*.py")]
    assert len(files) > 50
    return {file: ast.parse(file.read_text()) for file in files}


def keyed(tree: ast.AST) -> Iterator[int]:
    """Lines in which the attribute `spec` of something is asked by key."""
    for node in ast.walk(tree):
        is_asked = isinstance(node, ast.Subscript) or (
            isinstance(node, ast.Attribute) and node.attr in DICT_METHODS
        )
        if is_asked and isinstance(node.value, ast.Attribute) and node.value.attr == "spec":
            yield node.lineno


def listed(tree: ast.AST) -> Iterator[int]:
    """Lines in which several stages are listed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            names = [one.value for one in node.elts if isinstance(one, ast.Constant)]
            if sum(name in STAGES for name in names if isinstance(name, str)) > 1:
                yield node.lineno


def test_the_guard_knows_what_it_guards_against() -> None:
    asked = (
        'a = r.spec["stage"]\nb = r.spec.get("arm")\nc = r.spec.stage\nd = config["spec"]["arm"]'
    )
    assert list(keyed(ast.parse(asked))) == [1, 2]
    assert list(listed(ast.parse('a in ("confirm", "ablate")\nb == "confirm"'))) == [1]


def test_no_spec_is_asked_by_key() -> None:
    found = {file.name: list(keyed(tree)) for file, tree in trees("reports", "study").items()}
    assert not {name: lines for name, lines in found.items() if lines}


def test_no_template_asks_a_spec_by_key() -> None:
    """Nor a fact of the study: what is misspelt there is known when a page is made alone."""
    templates = list((ROOT / "reports").rglob("*.jinja"))
    assert len(templates) > 5
    by_key = re.compile(r"(spec|facts|design|dataset)(\[|\.get\()")
    assert not [file.name for file in templates if by_key.search(file.read_text())]


def test_rules_of_stages_stand_in_their_table_alone() -> None:
    packages = trees("reports", "study", "trainables", "search_spaces")
    found = {
        file.name: list(listed(tree)) for file, tree in packages.items() if file.name != "stages.py"
    }
    assert not {name: lines for name, lines in found.items() if lines}
