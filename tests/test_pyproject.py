"""Each package that is required is said to be needed somewhere, and is imported there."""

import ast
import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
IMPORTED_AS = {
    "bioimageio.core": "bioimageio",
    "huggingface-hub": "huggingface_hub",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "ray[tune]": "ray",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
    "segmentation-models-pytorch": "segmentation_models_pytorch",
    "universal-pathlib": "upath",
    "axe-playwright-python": "axe_playwright_python",
}
"""Where a package is imported under another name than it is installed under."""
NOT_IMPORTED = {
    "tensorflow[and-cuda]": "adds NVIDIA's libraries to the tensorflow above",
    "nvidia-ml-py": "imported by MLflow where it finds a GPU",
    "ray[default]": "adds the dashboard and the jobs to the ray above",
    "boto3": "imported by `ray up` on AWS",
    "s3fs": "imported by universal-pathlib where a store is on S3",
    "pydantic": "keeps the version low that bioimageio.spec imports",
    "cell-segmentation-study[bioimageio]": "this project itself",
    "pytest-xdist": "run by pytest",
    "ruff": "run as a command",
    "mypy": "run as a command",
}
"""Packages that no file of this project imports, and why they are named all the same."""


def requirements() -> dict[str, str]:
    """The comment beside each requirement, by its name without the version."""
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    lists = (project["dependencies"], *project["optional-dependencies"].values())
    return {
        re.split("[<>=]", one)[0]: text.split(f'"{one}",')[1].splitlines()[0].strip(" #")
        for one in itertools.chain(*lists)
    }


def files_named(comment: str) -> list[Path]:
    """The files and folders that a comment begins with, up to its first colon."""
    return [ROOT / place for place in comment.split(":")[0].split(", ") if place]


def imported(file: Path) -> Iterator[str]:
    """Every module that a file imports, or that its tests are skipped without."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.importorskip":
            yield ast.literal_eval(node.args[0])


def imports(place: Path, package: str) -> bool:
    """Whether a file, or some file of a folder, imports a package or a module of it."""
    files = place.rglob("*.py") if place.is_dir() else [place]
    modules = itertools.chain.from_iterable(map(imported, files))
    return any(f"{module}.".startswith(f"{package}.") for module in modules)


def test_names_that_are_explained_here_are_required() -> None:
    assert len(requirements()) > 35
    assert {*IMPORTED_AS, *NOT_IMPORTED} <= requirements().keys()


@pytest.mark.parametrize("name", sorted(requirements().keys() - NOT_IMPORTED.keys()))
def test_a_requirement_is_imported_where_its_comment_says(name: str) -> None:
    named = files_named(requirements()[name])
    assert named, f"no file is named beside {name}"
    package = IMPORTED_AS.get(name, name)
    for place in named:
        assert place.exists(), f"{place} is named beside {name}, but is not there"
        assert imports(place, package), f"{place} is named beside {name}, but does not import it"
