"""Grouped folds: every image is tested once, by nothing that saw its group."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from study.inputs.simulated import write_folder
from tests.conftest import discs
from trainables.data.dividing.folds import balanced_parts, fold_dataset
from trainables.data.layouts.layouts import open_dataset
from trainables.data.opening.dataset import Dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Seven images of four wells (3, 2, 1, 1), and one without a mask from the first well."""
    wells = ("a", "a", "a", "b", "b", "c", "d", "a")
    write_folder(tmp_path, [discs(f"s{n}", seed=n, group=well) for n, well in enumerate(wells)])
    (tmp_path / "masks" / "s7.tif").unlink()
    return open_dataset(tmp_path)


def test_every_image_is_tested_once_and_never_its_group_trained_on(dataset: Dataset) -> None:
    folds = fold_dataset(dataset, seed=0, folds=3)

    tested = Counter(name for fold in folds for name in fold.test_ids)
    assert tested == dict.fromkeys((entry.id for entry in dataset.entries), 1)
    assert len({fold.hash for fold in folds}) == 3
    for fold in folds:
        assert set(fold.annotation_ids) | set(fold.test_ids) == set(tested)
        tested_groups = {fold.groups[name] for name in fold.test_ids}
        for name in (*fold.annotation_ids, *fold.unlabelled_ids):
            assert fold.groups[name] not in tested_groups


def test_unlabelled_images_leave_only_the_fold_that_tests_their_group(dataset: Dataset) -> None:
    for fold in fold_dataset(dataset, seed=0, folds=3):
        tests_its_well = "s0" in fold.test_ids
        assert fold.unlabelled_ids == (() if tests_its_well else ("s7",))


def test_the_seed_fixes_the_folds(dataset: Dataset) -> None:
    first = fold_dataset(dataset, seed=0, folds=2)
    assert fold_dataset(dataset, seed=0, folds=2) == first
    others = [fold_dataset(dataset, seed=seed, folds=2) for seed in range(1, 12)]
    assert any({f.test_ids for f in one} != {f.test_ids for f in first} for one in others)


def test_parts_are_as_equal_as_groups_allow() -> None:
    # Groups of 3, 2, 1 and 1 images: 3 | 2 | 1 + 1 is the only division into parts of 2 to 3.
    groups = dict(zip("abcdefg", "xxxyyzw", strict=True))
    parts = balanced_parts(groups, parts=3, rng=np.random.default_rng(0))
    assert sorted(parts) == [("a", "b", "c"), ("d", "e"), ("f", "g")]
    assert len(balanced_parts(groups, parts=9, rng=np.random.default_rng(0))) == 4


def test_one_group_cannot_be_folded(tmp_path: Path) -> None:
    write_folder(tmp_path, [discs(f"s{n}", seed=n, group="same") for n in range(3)])
    with pytest.raises(ValueError, match=r"at least 2 groups, but the 3 annotated images"):
        fold_dataset(open_dataset(tmp_path), seed=0, folds=2)
