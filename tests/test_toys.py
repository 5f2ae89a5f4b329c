"""A segmenter is one folder and one row, a GAN one file and one row: proof by adding two.

Into a copy of the tree go a folder, a file and two rows, and nothing else. There the contract
suites, a whole tiny study, its report, its model card and its model do what those of any family do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).resolve().parents[1]
TOYS = ROOT / "tests" / "toys"
FAMILY_ROW = (
    ('    "stardist": STARDIST,\n', '    "cutoff": CUTOFF,\n'),
    (
        "from trainables.segmenters.stardist.family import STARDIST\n",
        "from trainables.segmenters.cutoff.family import CUTOFF\n",
    ),
)
GAN_ROW = (
    (
        "ARCHITECTURES: dict[str, Architecture] = {\n",
        '    "toy": Architecture(title="Toy GAN", papers=(papers.PIX2PIX,), make=_toy,\n'
        '        settings={"feature_weight": 0.5}, uses=frozenset({"feature_weight"}),\n'
        "        needs_pairs=True, paints_maps=True),\n",
    ),
    (
        "    return Dcgan(spec, channels=channels)\n",
        '\n\ndef _toy(spec: GanSpec, channels: int) -> "Adversary":\n'
        "    from trainables.gan.architectures.toy import ToyGan\n\n"
        "    return ToyGan(spec, channels=channels)\n",
    ),
)
"""What is added to a list of rows, each behind what stands there before it."""


def add(file: Path, row: tuple[tuple[str, str], ...]) -> None:
    text = file.read_text()
    for before, new in row:
        assert text.count(before) == 1
        text = text.replace(before, before + new)
    file.write_text(text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy, with both toys."""
    tree = tmp_path_factory.mktemp("house")
    for package in ("trainables", "search_spaces", "study", "reports", "tests"):
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tree)
    trainables = tree / "trainables"
    shutil.copytree(TOYS / "cutoff", trainables / "segmenters" / "cutoff")
    add(trainables / "segmenters" / "families.py", FAMILY_ROW)
    shutil.copy(
        ROOT / "tests" / "trainables" / "gan" / "toy_gan.py",
        trainables / "gan" / "architectures" / "toy.py",
    )
    add(trainables / "spec" / "gan_spec.py", GAN_ROW)
    return tree


def run(tree: Path, *words: object) -> str:
    """What a Python command prints in the copy."""
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "120"},
        cwd=tree,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def studied(tree: Path) -> Path:
    """The folder of a finished study of the toys."""
    run(tree, "-m", "study", "run", TOYS / "toy_study.py", "--out", tree / "toys")
    return tree / "toys"


def test_the_contracts_run_over_the_toys_by_themselves(tree: Path) -> None:
    contracts = (
        "tests/trainables/segmenters/test_contract.py::Test_cutoff",
        "tests/trainables/gan/architectures/test_contract_gans.py::Test_toy",
        "tests/trainables/segmenters/test_families.py",
    )
    options = ("-p", "no:cacheprovider", "-o", "addopts=", "--no-header")
    shown = run(tree, "-m", "pytest", *options, *contracts)
    assert " passed" in shown
    assert "skipped" not in shown


def test_the_report_says_what_the_toys_are(studied: Path) -> None:
    html = (studied / "report" / "report.html").read_text()
    assert "Cut-off + GAN data" in html
    assert "a Cut-off with connected components [" in html
    assert "Otsu. A threshold selection method" in html
    assert "Toy GAN [" in html
    assert (studied / "report" / "arms.csv").exists()


def test_new_images_are_labelled(tree: Path, studied: Path) -> None:
    image = tree / "new.tif"
    rng = np.random.default_rng(0)
    tifffile.imwrite(image, rng.integers(0, 255, (80, 90)).astype(np.uint8))
    run(tree, "-m", "study", "predict", studied, image, "--out", tree / "labels")
    assert tifffile.imread(tree / "labels" / "new_labels.tif").shape == (80, 90)


def test_the_model_is_exported_with_its_card(tree: Path, studied: Path) -> None:
    out = tree / "export"
    run(tree, "-m", "study", "export", studied, "--arm", "cutoff", "--out", out)
    assert (out / "cutoff.json").exists()
    card = (out / "MODEL_CARD.md").read_text()
    assert card.startswith("# Cut-off, trained for")
    assert "python -m json.tool cutoff.json" in card


def test_its_settings_are_searched_and_ablated_by_name(tree: Path) -> None:
    words = ("--dry-run", "--arms", "cutoff", "--ablate", "segmenter.blur_px=0.5,2")
    shown = run(tree, "-m", "study", "run", TOYS / "toy_study.py", *words)
    assert "cutoff" in shown
    assert "ablate" in shown
