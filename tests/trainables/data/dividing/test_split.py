"""A split keeps groups together, and draws are nested."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from trainables.data.dividing.one_image import parts_of
from trainables.data.dividing.split import Split, from_json, merged_groups, split_dataset, to_json
from trainables.data.opening.dataset import Dataset, Entry
from trainables.data.opening.records import Record, Side
from trainables.data.sample import Sample


def none() -> np.ndarray:
    raise AssertionError("nothing is read")


def dataset(groups: dict[str, str], *, sides: dict[str, Side] | None = None) -> Dataset:
    """Entries without files."""
    entries = [
        Entry(
            id=name,
            image=Path(name),
            mask=Path(name),
            group=group,
            side=(sides or {}).get(name, ""),
            height=8,
            width=8,
            channels=1,
            dtype="uint8",
            cells=3,
            diameter_px=4.0,
            um_per_px=None,
        )
        for name, group in groups.items()
    ]
    return Dataset(
        path=Path("x"),
        layout="folders",
        entries=entries,
        records=[
            Record(
                id=entry.id, image=entry.image, mask=entry.mask, read_image=none, group=entry.group
            )
            for entry in entries
        ],
        problems=[],
        content_hash="c",
        channels=1,
    )


def split_of(groups: dict[str, str], **options: object) -> Split:
    settings: dict = {"seed": 1, "max_test_images": 100, "detect_duplicates": False} | options
    sides = settings.pop("sides", None)
    return split_dataset(dataset(groups, sides=sides), **settings)


WELLS = {f"{well}{site}": well for well in "abcdefghij" for site in range(3)}


def test_groups_stay_whole_and_the_share_is_kept() -> None:
    split = split_of(WELLS)
    assert len(split.test_ids) == 9
    assert {WELLS[i] for i in split.test_ids}.isdisjoint(WELLS[i] for i in split.annotation_ids)
    assert sorted([*split.test_ids, *split.annotation_ids]) == sorted(WELLS)


def test_seed_and_content_name_the_split() -> None:
    assert split_of(WELLS).hash == split_of(WELLS).hash
    assert split_of(WELLS, seed=2).test_ids != split_of(WELLS).test_ids
    assert split_of(WELLS, seed=2).hash != split_of(WELLS).hash
    assert from_json(json.loads(json.dumps(to_json(split_of(WELLS))))) == split_of(WELLS)


def test_test_side_is_capped() -> None:
    assert len(split_of(WELLS, max_test_images=4).test_ids) == 3


def test_given_sides_are_honoured() -> None:
    sides = {"a0": "test", "b0": "test", "c0": "train"}
    split = split_of(WELLS, sides=sides)
    assert split.test_ids == ("a0", "b0")
    # The other two images of wells a and b are tied to test images.
    assert split.dropped == 4
    assert len(split.annotation_ids) == 24
    capped = split_of(WELLS, sides=sides, max_test_images=1)
    assert (len(capped.test_ids), capped.test_dropped) == (1, 1)
    assert capped.annotation_ids == split.annotation_ids


def test_ties_merge_groups_through_others() -> None:
    groups = {"a": "1", "b": "2", "c": "3", "d": "4"}
    assert merged_groups(groups, [("c", "b"), ("a", "c")]) == {
        "a": "1",
        "b": "1",
        "c": "1",
        "d": "4",
    }


@pytest.mark.parametrize("draw", range(5))
def test_draws_are_nested_and_by_group(draw: int) -> None:
    split = split_of(WELLS)
    previous: tuple[set[str], set[str]] = (set(), set())
    for count in range(2, len(split.annotation_ids) + 1):
        drawn = split.draw(annotation_count=count, draw=draw)
        training, validation = set(drawn.training), set(drawn.validation)
        assert len(training | validation) == len(training) + len(validation) == count
        assert training >= previous[0]
        assert validation >= previous[1]
        wells = [{WELLS[i] for i in ids} for ids in (training, validation)]
        assert not wells[0] & wells[1]
        assert not drawn.shared_group
        previous = training, validation
    assert 1 <= len(wells[1]) <= 2  # of 7 wells, the 2nd and the 7th


def test_validation_is_the_second_of_five() -> None:
    singles = {f"i{n:02d}": f"i{n:02d}" for n in range(40)}
    split = split_of(singles)
    sizes = [len(split.draw(annotation_count=n, draw=0).validation) for n in (2, 5, 6, 7, 10, 20)]
    assert sizes == [1, 1, 1, 2, 2, 4]
    assert split.draw(annotation_count=5, draw=0) != split.draw(annotation_count=5, draw=1)


def test_distinct_groups_come_first() -> None:
    split = split_of(WELLS)
    drawn = split.draw(annotation_count=7, draw=3)
    assert len({WELLS[i] for i in (*drawn.training, *drawn.validation)}) == 7


def test_one_image_serves_twice() -> None:
    drawn = split_of(WELLS).draw(annotation_count=1, draw=0)
    assert drawn.one_image
    assert drawn.training == drawn.validation
    assert len(drawn.training) == 1


def test_one_group_is_divided_by_image_and_says_so() -> None:
    split = split_of({"a": "v", "b": "v", "c": "v", "d": "w"}, sides={"d": "test"})
    drawn = split.draw(annotation_count=3, draw=0)
    assert drawn.shared_group
    assert (len(drawn.training), len(drawn.validation)) == (2, 1)


def test_more_than_there_are() -> None:
    split = split_of(WELLS)
    with pytest.raises(ValueError, match=r"between 1 and 21.*got 22"):
        split.draw(annotation_count=22, draw=0)


@pytest.mark.parametrize("groups", [{"a": "v"}, {"a": "v", "b": "v"}])
def test_one_group_cannot_be_split(groups: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="images on both sides"):
        split_of(groups)


def test_bad_share() -> None:
    with pytest.raises(ValueError, match=r"\(0, 1\)"):
        split_of(WELLS, test_share=1.0)


@pytest.mark.parametrize("wide", [True, False])
def test_parts_of_one_image(wide: bool) -> None:
    labels = np.zeros((40, 100), np.int32)
    labels[5:15, 60:72], labels[5:15, 80:90], labels[20:30, 10:20] = 1, 2, 3
    labels = labels if wide else labels.T
    image = np.arange(labels.size, dtype=np.float32).reshape(*labels.shape, 1)
    first, second = parts_of(Sample(id="x", image=image, labels=labels, group="g"))
    along = int(wide)
    # 72 is the place next to 70 where no cell is cut.
    assert (first.labels.shape[along], second.labels.shape[along]) == (72, 28)
    assert (np.concatenate([first.image, second.image], axis=along) == image).all()
    assert (np.unique(first.labels).tolist(), np.unique(second.labels).tolist()) == (
        [0, 1, 3],
        [0, 2],
    )
    assert len({first.id, second.id, "x"}) == 3
    assert first.group == second.group == "g"


def test_parts_both_hold_cells_where_possible() -> None:
    labels = np.zeros((10, 100), np.int32)
    labels[2:5, 10:20], labels[2:5, 61:63] = 1, 2
    image = np.zeros((10, 100, 1), np.float32)
    first, second = parts_of(Sample(id="x", image=image, labels=labels, group="g"))
    assert first.cell_count >= 1
    assert second.cell_count == 1


def test_images_used_without_labels_are_of_no_annotated_and_no_test_image() -> None:
    split = split_dataset(
        dataset({f"s{n:02}": f"g{n}" for n in range(20)}),
        seed=0,
        max_test_images=5,
        detect_duplicates=False,
    )
    split = dataclasses.replace(split, unlabelled_ids=("u0", "u1"))
    annotated = split.draw(annotation_count=4, draw=1)
    free = split.draw_unlabelled(annotation_count=4, draw=1, count=99)
    assert set(free) == {*split.annotation_ids, "u0", "u1"} - {
        *annotated.training,
        *annotated.validation,
    }
    assert split.draw_unlabelled(annotation_count=4, draw=1, count=3) == free[:3]
    assert split.draw_unlabelled(annotation_count=4, draw=2, count=99) != free
    assert split.draw_unlabelled(annotation_count=4, draw=1, count=0) == ()
