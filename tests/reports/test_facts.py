"""`study.json` is read once; what is wrong in it is named by file and key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.facts import read_facts
from tests.reports.fake_study import FakeStudy


@pytest.fixture
def rewritten(tmp_path: Path) -> Callable[..., Path]:
    """Writes `study.json` with one change made to it."""

    def rewrite(change: Callable[[dict[str, Any]], object]) -> Path:
        raw = FakeStudy().facts()
        change(raw)
        (tmp_path / "study.json").write_text(json.dumps(raw))
        return tmp_path / "study.json"

    return rewrite


NEEDED = (
    *("name", "hash", "command", "dataset.name", "dataset.images", "dataset.content_hash"),
    *("split.hash", "split.annotation_images", "split.test_images", "split.test_groups"),
    *("design.arms", "design.annotation_counts", "design.confirm_draws", "design.confirm_seeds"),
    "design.search_trials",
)


@pytest.mark.parametrize("key", NEEDED)
def test_what_every_version_wrote_must_be_there(rewritten: Callable[..., Path], key: str) -> None:
    *parts, last = key.split(".")

    def remove(raw: dict[str, Any]) -> None:
        for part in parts:
            raw = raw[part]
        del raw[last]

    path = rewritten(remove)
    with pytest.raises(ValueError, match=rf"^{key} must be a .*, but {path} has no such key"):
        read_facts(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["design"]["arms"][1].pop("segmenter"), r"design.arms\[1\].segmenter"),
        (lambda raw: raw["design"].update(folds="3"), "design.folds must be a whole number"),
        (lambda raw: raw["design"].update(folds=True), "design.folds must be a whole number"),
        (lambda raw: raw["design"].update(folds=1.5), "design.folds must be a whole number"),
        (lambda raw: raw["design"].update(arms={}), "design.arms must be a list"),
        (lambda raw: raw["design"].update(confirm_draws=[1, "2"]), r"confirm_draws\[1\] must be"),
        (lambda raw: raw["weights"].append("cpsam"), r"weights\[2\] must be an object"),
        (lambda raw: raw["dataset"].update(problems=[{"file": "a"}]), r"problems\[0\].what"),
        (lambda raw: raw.update(created_at="today"), "created_at must be a number"),
    ],
)
def test_what_is_of_another_kind_is_named(
    rewritten: Callable[..., Path], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    path = rewritten(change)
    with pytest.raises(ValueError, match=said) as caught:
        read_facts(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_no_json_object_is_named(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text('{"schema": 1, ')
    with pytest.raises(ValueError, match=rf"{path} is no whole JSON file"):
        read_facts(path)
    path.write_text("[1]")
    with pytest.raises(ValueError, match="schema version 1, but"):
        read_facts(path)


def test_studies_of_before_take_defaults(rewritten: Callable[..., Path]) -> None:
    def age(raw: dict[str, Any]) -> None:
        raw["design"]["arms"].append({"name": "cellpose_zero_shot", "segmenter": "cellpose"})
        for name in ("tied", "unlabelled"):
            raw["split"].pop(name, None)
        raw["dataset"]["unlabelled"] = 7

    facts = read_facts(rewritten(age))
    arm = facts.design.arms[-1]
    assert (arm.extra_data, arm.initial_weights, arm.is_trained) == ("none", "scratch", False)
    assert all(one.is_trained for one in facts.design.arms[:-1])
    assert (facts.design.folds, facts.design.ablate) == (1, ())
    assert facts.split.hashes == (facts.split.hash,)
    assert (facts.split.tied, facts.split.unlabelled) == (0, 7)
    assert facts.detects_duplicates
    assert facts.weights[0].sha256 == ""


def test_an_arm_may_say_itself_that_it_is_not_trained(rewritten: Callable[..., Path]) -> None:
    facts = read_facts(rewritten(lambda raw: raw["design"]["arms"][3].update(is_trained=False)))
    assert [arm.is_trained for arm in facts.design.arms] == [True, True, True, False, True]
