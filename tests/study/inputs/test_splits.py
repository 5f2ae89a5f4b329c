"""Few images are tested by folds, each with a search of its own that sees none of its test."""

import dataclasses
from pathlib import Path

import pytest

from study.design import ALWAYS, ARMS, DataOptions, Study
from study.inputs.data import needed_ids, open_main
from study.inputs.opened import OpenedStudy
from study.inputs.simulated import write_folder
from study.inputs.splits import divide, fitted
from study.inputs.study_file import describe_design, warnings
from study.plan import choose_best, confirm_tasks, search_spec
from study.presets import quick
from study.store import Store
from tests.conftest import discs
from tests.study.fakes import arm_search, ended, journal
from trainables.data.layouts.layouts import open_dataset
from trainables.spec.trial_spec import TrialSpec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight images of eight wells."""
    write_folder(tmp_path / "cells", [discs(f"s{n}", seed=n, group=f"well{n}") for n in range(8)])
    return tmp_path / "cells"


def study_on(folder: Path, **changes: object) -> Study:
    base = dataclasses.replace(quick(), arms=("unet",), data=DataOptions(path=str(folder)), folds=4)
    return dataclasses.replace(base, **changes)


def opened(folder: Path, tmp_path: Path, **changes: object) -> OpenedStudy:
    study = study_on(folder, **changes)
    data = open_main(study, folder=tmp_path, store=Store(tmp_path / "study"))
    return OpenedStudy(study=fitted(study, data.splits), data=data, source=None)


@pytest.mark.parametrize(
    ("changes", "folds"),
    [
        ({}, 4),
        ({"folds": 3}, 3),
        ({"folds": 100}, 8),
        ({"folds": 1, "annotation_counts": (4,)}, 1),
        ({"folds_below": 8, "annotation_counts": (4,)}, 1),
        ({"folds_below": 9}, 4),
    ],
)
def test_folds_are_for_few_images(folder: Path, changes: dict[str, object], folds: int) -> None:
    assert len(divide(study_on(folder, **changes), open_dataset(folder))) == folds


def test_a_named_test_side_is_kept(folder: Path) -> None:
    rows = [f"s{n},well{n},{'test' if n > 5 else 'train'}" for n in range(8)]
    (folder / "index.csv").write_text("\n".join(["stem,group,split", *rows]) + "\n")
    (split,) = divide(study_on(folder), open_dataset(folder))
    assert split.test_ids == ("s6", "s7")
    with pytest.raises(ValueError, match="names test images of its own: leave --folds out"):
        divide(study_on(folder, folds_below=ALWAYS), open_dataset(folder))


def test_folds_are_kept_and_counts_cut_to_what_they_have(folder: Path, tmp_path: Path) -> None:
    first = opened(folder, tmp_path, annotation_counts=(2, 10))
    again = opened(folder, tmp_path, annotation_counts=(2, 10))

    assert again.data.splits == first.data.splits
    assert first.study.annotation_counts == (2, 6)
    assert describe_design(first.study, folds=4)["folds"] == 4
    assert any("4 grouped folds" in text for text in warnings(first.study, first.data))


def test_nothing_of_a_fold_sees_its_test_images(folder: Path, tmp_path: Path) -> None:
    few = opened(folder, tmp_path)
    study = few.study
    for split in few.data.splits:
        searched = needed_ids(split, counts=[study.search_count], draws=[study.search_draw])
        confirmed = needed_ids(split, counts=study.annotation_counts, draws=study.draws)
        assert searched
        assert not {*searched, *confirmed} & set(split.test_ids)


def test_each_fold_confirms_what_its_own_search_chose(folder: Path, tmp_path: Path) -> None:
    few = opened(folder, tmp_path)
    results = []
    for place, fold in enumerate(few.splits):
        for rate, f1 in ((1e-3, 0.5), (2e-3 + place * 1e-3, 0.6 + 0.1 * place)):
            varied = {"training.learning_rate": rate}
            results.append(ended(search_spec(few.study, ARMS["unet"], fold, varied), f1=f1))

    for place, split in enumerate(few.data.splits):
        best = choose_best(few.study, results, split=split.hash)
        specs = [task.spec for task in confirm_tasks(few.study, best)]
        assert len(specs) == len(few.study.draws)
        for spec in specs:
            assert isinstance(spec, TrialSpec)
            assert spec.data.split == split.hash
            assert spec.training.learning_rate == 2e-3 + place * 1e-3


def test_searches_of_folds_share_nothing(tmp_path: Path) -> None:
    storage = journal(tmp_path)
    one, other = (arm_search(quick(), "unet", storage, fold=fold) for fold in ("f1", "f2"))
    one.ask()
    assert (one.trials, other.trials) == (1, 0)
