"""The card of an exported model says where it comes from, how good it is, and how to use it."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from study.store import Store
from study.take_home.model_card import model_card
from tests.reports.fake_study import FakeStudy
from trainables.models.model import Model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FakeStudy().write(tmp_path_factory.mktemp("card") / "study")


def card(folder: Path, arm: str, *, thresholds: dict[str, float], exported: str) -> str:
    store = Store(folder)
    result = next(
        one
        for one in store.results().values()
        if one.spec.stage == "confirm" and one.trial.arm == arm
    )
    model = Model(
        spec=result.trial,
        segmenter=SimpleNamespace(thresholds=thresholds),  # type: ignore[arg-type]
        channels=1,
        scale=1.5,
    )
    return model_card(model, store, exported=Path(exported))


def test_it_names_data_split_scores_and_command(folder: Path) -> None:
    text = card(folder, "unet", thresholds={"interior": 0.5}, exported="unet.torchscript.pt")
    facts = json.loads((folder / "study.json").read_text())
    assert text.startswith("# U-Net, trained for invented cells")
    assert facts["split"]["hash"] in text
    assert facts["dataset"]["content_hash"] in text
    assert facts["command"] in text
    assert "95 % interval 0." in text
    assert "enlarged by 1.5 " in text
    assert "interior 0.5" in text
    assert "python predict.py" in text
    assert "None: it was trained from random weights" in text


def test_it_hands_on_where_the_weights_come_from(folder: Path) -> None:
    text = card(folder, "cellpose", thresholds={"flow": 0.4}, exported="compact.pt")
    assert "simulated cells (source): trained here, once, on 3200 crops of simulated" in text
    assert "Licence: BSD-3-Clause" in text
    assert "forbids commercial use" not in text


def test_a_licence_without_commercial_use_is_said_of_the_model_too(
    folder: Path, tmp_path: Path
) -> None:
    facts = json.loads((folder / "study.json").read_text())
    facts["weights"][0]["licence"] = "CC-BY-NC-4.0"
    (tmp_path / "study.json").write_text(json.dumps(facts))
    (tmp_path / "results").symlink_to(folder / "results")
    text = card(tmp_path, "cellpose", thresholds={"flow": 0.4}, exported="compact.pt")
    assert "forbids commercial use, also of this model" in text


def test_stardist_is_called_at_the_scale_of_the_model(folder: Path) -> None:
    thresholds = {"prob": 0.55, "nms": 0.3}
    text = card(folder, "stardist", thresholds=thresholds, exported="/out/my_model")
    assert 'StarDist2D(None, name="my_model"' in text
    assert "score threshold 0.55 and overlap threshold 0.3" in text, "in Fiji"
    assert "seen, 1.5, order=1" in text
