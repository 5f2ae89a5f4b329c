"""A segmenter is one folder and one row: nobody else knows it by name."""

import ast
import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from study.design import ARMS
from trainables.segmenters.families import FAMILIES, PLAIN, family_of
from trainables.spec.flat import flatten
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec
from trainables.wire.reading import trial_spec

ROOT = Path(__file__).resolve().parents[3]
OWN = ROOT / "trainables" / "segmenters"
LAYOUTS = ROOT / "trainables" / "data" / "layouts"
MAY_NAME = {
    OWN / "families.py": "the rows",
    ROOT / "study" / "presets.py": "studies name what they compare",
    ROOT / "study" / "inputs" / "known_datasets.py": "a data set is named after its tool",
    LAYOUTS / "layouts.py": "layouts are named after the tools whose data they are",
    LAYOUTS / "omnipose.py": "so is this one's like",
}
"""Files outside a family's folder that may name it, and why."""


def names_in(file: Path) -> set[str]:
    """Families that a file names: in a string, as a name or attribute, or by an import."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = f"{node.module}.".partition("trainables.segmenters.")[2].split(".")
            found.add(parts[0])
    return found & FAMILIES.keys()


def test_no_file_outside_its_folder_names_a_family() -> None:
    packages = ("trainables", "search_spaces", "study", "reports")
    files = [file for package in packages for file in (ROOT / package).rglob("*.py")]
    outside = [
        file
        for file in files
        if file not in MAY_NAME and not any(OWN / name in file.parents for name in FAMILIES)
    ]
    assert len(outside) > 250
    named = {str(file.relative_to(ROOT)): names_in(file) for file in outside}
    assert {name: found for name, found in named.items() if found} == {}
    assert all(names_in(file) for file in MAY_NAME)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_row_is_whole(name: str) -> None:
    family = FAMILIES[name]
    settings = family.settings()
    assert family.name == name == settings.kind
    assert family_of(settings) is family
    assert family.title in family.in_words
    assert family.seconds_per_crop(settings) > 0
    assert all(paper.doi.startswith("10.") for paper in family.cite(settings))
    assert family.training(settings, TrainingSpec()) == TrainingSpec()
    assert {field.name for field in dataclasses.fields(settings)} > {"kind"}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_parameters_of_a_search_are_fields_of_the_settings(name: str) -> None:
    family = FAMILIES[name]
    settings = family.settings()
    fields = {f"segmenter.{field.name}" for field in dataclasses.fields(settings)}
    for weights in ("scratch", "pretrained"):
        space = family.search(settings, weights)
        assert {parameter.field for parameter in space.own} <= fields
        assert 0 < space.learning_rate < 0.1


@pytest.mark.parametrize("name", FAMILIES)
def test_settings_come_back_from_a_flat_spec(name: str) -> None:
    spec = TrialSpec(
        stage="search",
        arm=name,
        study_seed=0,
        seed=0,
        data=DataSpec(split="s", annotation_count=2, draw=0),
        segmenter=FAMILIES[name].settings(),
    )
    assert trial_spec(flatten(spec)) == spec


def test_every_family_has_the_arms_that_it_can_have() -> None:
    for name, family in FAMILIES.items():
        assert ARMS[name].initial_weights == family.usual_start
        assert (f"{name}_zero_shot" in ARMS) == ("zero_shot" in family.can)
        assert ARMS[f"{name}_gan"].uses_gan
    assert ARMS[f"{PLAIN}_copy_paste"].extra_data == "copy_paste"
    assert len(ARMS) == len({dataclasses.replace(arm, name="") for arm in ARMS.values()})


def test_a_segmenter_that_nobody_knows_is_named() -> None:
    with pytest.raises(ValueError, match=r"segmenter.kind must be one of .* but got 'none'"):
        trial_spec({"segmenter.kind": "none"})


def test_naming_the_families_imports_none_of_their_libraries() -> None:
    code = (
        "import sys, trainables.segmenters.families; "
        "print([name for name in ('torch', 'tensorflow', 'cellpose', 'numpy', 'optuna') "
        "if name in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert output.strip() == "[]"
