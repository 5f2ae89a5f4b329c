"""What a run hands to its stages: the test side is sealed until the search is over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from study.inputs.opened import OpenedStudy
from study.inputs.simulated import write_folder
from study.place import Place
from study.running import run
from study.running.machines import start_ray, stop_ray
from study.running.run import StudyRun
from tests.conftest import discs
from tests.study.fakes import Notes
from tests.study.inputs.test_splits import opened
from trainables.data.opening.dataset import Dataset
from trainables.trial_inputs import TrialInputs


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[None]:
    start_ray("")
    yield
    stop_ray()


@pytest.fixture
def few(tmp_path: Path) -> OpenedStudy:
    """Eight images in four folds."""
    folder = tmp_path / "cells"
    write_folder(folder, [discs(f"s{n}", seed=n, group=f"well{n}") for n in range(8)])
    return opened(folder, tmp_path, annotation_counts=(2,))


@pytest.fixture
def handed(few: OpenedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What each stage of a run is given, by name; nothing is trained."""
    stages: dict[str, TrialInputs] = {}

    def keep(name: str, *others: Any, inputs: Any, **more: Any) -> None:
        stages[name] = inputs()

    monkeypatch.setattr(run, "run_stage", keep)
    place = Place(folder=tmp_path / "study")
    study_run = StudyRun(opened=few, place=place, listener=Notes())
    study_run.search()
    study_run.score()
    return stages


def test_the_search_is_never_handed_a_test_image(few: OpenedStudy, handed: Any) -> None:
    for split in few.data.splits:
        searched = handed["search"].data[split.hash].samples
        assert len(searched) == 2
        assert not set(searched) & set(split.test_ids)
        assert set(split.test_ids) <= set(handed["confirm"].data[split.hash].samples)
    assert not handed["search"].example_ids
    assert handed["confirm"].example_ids


def test_a_fold_has_its_own_images_with_their_groups(few: OpenedStudy, handed: Any) -> None:
    for split in few.data.splits:
        data = handed["confirm"].data[split.hash]
        assert set(data.samples) <= {*split.annotation_ids, *split.test_ids}
        for name, read in data.samples.items():
            assert (read().id, read().group) == (name, split.groups[name])


def test_folds_share_images_that_are_read_once_for_all_scoring(
    few: OpenedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    reader = Dataset.reader

    def counted(self: Dataset, sample_id: str, *, group: str = "") -> Any:
        asked.append(sample_id)
        return reader(self, sample_id, group=group)

    monkeypatch.setattr(Dataset, "reader", counted)
    place = Place(folder=tmp_path / "study")
    study_run = StudyRun(opened=few, place=place, listener=Notes())
    monkeypatch.setattr(run, "run_stage", lambda *stage, inputs, **more: inputs())
    images = study_run._images(few.data)
    study_run.confirm(images)
    study_run.ablate(images)
    assert sorted(asked) == sorted(entry.id for entry in few.data.dataset.entries)
