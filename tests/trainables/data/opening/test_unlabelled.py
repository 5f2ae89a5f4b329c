"""Images without labels join a data set, never with a name, a group or a look at the test side."""

from pathlib import Path

import numpy as np
import pytest

from tests.trainables.data.dividing.test_duplicates import SIDE, field
from tests.trainables.data.layouts.write_layouts import WRITERS, cells, save
from trainables.data.dividing.split import from_json, split_dataset, to_json
from trainables.data.layouts.layouts import open_dataset


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Six annotated fields, each with a crop of it in a folder beside, and a field of its own."""
    for number in range(6):
        save(tmp_path / f"set/images/{number}.png", field(number))
        labels = cells(number, (SIDE, SIDE))
        save(tmp_path / f"set/masks/{number}.png", labels.astype(np.uint16))
        save(tmp_path / f"more/below/crop {number}.png", field(number)[40:160, 30:])
    save(tmp_path / "more/0.png", field(99))
    return tmp_path


def test_a_folder_of_images_is_added_without_labels(root: Path) -> None:
    alone = open_dataset(root / "set")
    dataset = open_dataset(root / "set", unlabelled=root / "more")
    assert dataset.entries == alone.entries
    crops = [f"crop {number}" for number in range(6)]
    assert sorted(dataset.unlabelled) == [*crops, "unlabelled-0"]  # 0 is a name of the set
    sample = dataset.read("unlabelled-0")
    assert (sample.labels == -1).all()
    assert (dataset.read_pixels("unlabelled-0")[:, :, 0] == field(99)).all()
    assert (dataset.read_pixels("0")[:, :, 0] == field(0)).all()
    assert dataset.content_hash != alone.content_hash


def test_none_that_shows_a_test_image_may_be_trained_on(root: Path) -> None:
    dataset = open_dataset(root / "set", unlabelled=root / "more")
    split = split_dataset(dataset, seed=0, max_test_images=2)
    expected = [f"crop {name}" for name in split.annotation_ids]
    assert split.unlabelled_ids == (*expected, "unlabelled-0")
    assert split.groups["crop " + split.annotation_ids[0]] == split.annotation_ids[0]
    assert len(split.annotated_groups) == 6
    assert from_json(to_json(split)) == split
    blind = split_dataset(dataset, seed=0, max_test_images=2, detect_duplicates=False)
    assert len(blind.unlabelled_ids) == 7
    assert blind.tied == 0


def test_groups_of_unlabelled_images_are_those_of_the_set(tmp_path: Path) -> None:
    for well in range(4):
        save(tmp_path / f"set/images/well{well}_site1.png", field(well))
        labels = cells(well, (SIDE, SIDE))
        save(tmp_path / f"set/masks/well{well}_site1.png", labels.astype(np.uint16))
        for site in (1, 2):
            save(tmp_path / f"more/well{well}_site{site}.png", field(10 * well + site + 50))
    dataset = open_dataset(
        tmp_path / "set", unlabelled=tmp_path / "more", group_pattern=r"^(.+)_site\d+"
    )
    assert dataset.group_of("unlabelled-well2_site1") == "well2"
    split = split_dataset(dataset, seed=0, max_test_images=1)
    wells = {split.groups[name] for name in split.annotation_ids}
    assert {split.groups[name] for name in split.unlabelled_ids} == wells
    assert len(split.unlabelled_ids) == 6


def test_labels_of_an_annotated_folder_are_not_used(root: Path) -> None:
    WRITERS["cellpose"](root / "other")
    dataset = open_dataset(root / "set", unlabelled=root / "other")
    assert dataset.unlabelled == ("000", "001")  # 002 is of the other set's own test side
    assert (dataset.read("000").labels == -1).all()
    assert dataset.read("000").image.shape[2] == 1
    assert dataset.conversions == {"three-channel images are averaged to grey": 3}


def test_images_of_the_set_are_not_added_again(root: Path) -> None:
    dataset = open_dataset(root / "set", unlabelled=root / "set")
    assert not dataset.unlabelled
    assert len(dataset.entries) == 6


def test_broken_and_missing_ones_are_told(root: Path) -> None:
    (root / "more/broken.png").write_bytes(b"nothing")
    (problem,) = open_dataset(root / "set", unlabelled=root / "more").problems
    assert problem.file.endswith("more/broken.png")
    with pytest.raises(ValueError, match="existing folder"):
        open_dataset(root / "set", unlabelled=root / "none")
    (root / "empty").mkdir()
    with pytest.raises(ValueError, match="holds none"):
        open_dataset(root / "set", unlabelled=root / "empty")
