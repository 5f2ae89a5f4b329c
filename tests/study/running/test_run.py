"""What a run hands to its stages: the test side is sealed until the search is over."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray

from study.factors import Factor
from study.inputs.opened import OpenedStudy
from study.inputs.simulated import write_folder
from study.place import Place
from study.running import run
from study.running.run import StudyRun
from study.running.shared_images import SharedImages
from tests.conftest import discs
from tests.study.fakes import Notes
from tests.study.inputs.test_splits import opened
from trainables.data.dividing.annotated import Reader
from trainables.data.opening.dataset import Dataset
from trainables.trial_inputs import TrialInputs


@pytest.fixture(autouse=True)
def object_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of this process, in place of Ray's."""
    monkeypatch.setattr(ray, "put", lambda value: value)
    monkeypatch.setattr(ray, "get", lambda reference: reference)


@pytest.fixture
def few(tmp_path: Path) -> OpenedStudy:
    """Eight images in four folds."""
    folder = tmp_path / "cells"
    write_folder(folder, [discs(f"s{n}", seed=n, group=f"well{n}") for n in range(8)])
    factor = Factor(field="training.zoom", levels=(1.0,))
    return opened(folder, tmp_path, annotation_counts=(2,), ablate=(factor,))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The images that are read, in their order."""
    asked, reader = list[str](), Dataset.reader

    def noted(self: Dataset, sample_id: str, *, group: str = "") -> Reader:
        asked.append(sample_id)
        return reader(self, sample_id, group=group)

    monkeypatch.setattr(Dataset, "reader", noted)
    return asked


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> dict[str, TrialInputs]:
    """What each stage is given, by name; nothing is trained."""
    given: dict[str, TrialInputs] = {}

    def note(name: str, *others: Any, inputs: Callable[[], TrialInputs], **more: Any) -> None:
        given[name] = inputs()

    monkeypatch.setattr(run, "run_stage", note)
    return given


def run_of(few: OpenedStudy, folder: Path) -> StudyRun:
    return StudyRun(opened=few, place=Place(folder=folder), listener=Notes())


def test_the_search_is_never_handed_a_test_image(
    few: OpenedStudy, stages: dict[str, TrialInputs], tmp_path: Path
) -> None:
    run_of(few, tmp_path).search()
    run_of(few, tmp_path).score()
    for split in few.data.splits:
        searched = stages["search"].data[split.hash].samples
        assert len(searched) == 2
        assert not set(searched) & set(split.test_ids)
        assert set(split.test_ids) <= set(stages["confirm"].data[split.hash].samples)
    assert not stages["search"].example_ids
    assert stages["confirm"].example_ids == few.data.example_ids


def test_an_image_is_read_once_for_all_folds_and_all_that_is_scored(
    few: OpenedStudy, stages: dict[str, TrialInputs], reads: list[str], tmp_path: Path
) -> None:
    run_of(few, tmp_path).score()
    assert stages.keys() == {"confirm", "ablate"}
    assert sorted(reads) == [f"s{n}" for n in range(8)]


def test_an_image_is_of_the_group_that_the_split_tied_it_to(few: OpenedStudy) -> None:
    split = replace(few.data.split, groups=dict.fromkeys(few.data.split.groups, "tied"))
    inputs = SharedImages(few.data, on_cluster=False).inputs(split, ["s1", "s2"])
    samples = [read() for read in inputs.samples.values()]
    assert [(sample.id, sample.group) for sample in samples] == [("s1", "tied"), ("s2", "tied")]
    assert all(isinstance(sample.image, np.ndarray) for sample in samples)
