"""Every layout is recognised, and read back as it was written."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.trainables.data.layouts import write_layouts as write
from trainables.data.layouts.coco_masks import decode_runs, labels_of
from trainables.data.layouts.layouts import LAYOUTS, open_dataset
from trainables.data.opening.dataset import Dataset
from trainables.data.opening.scan import size_edges_px


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TissueNet is unpacked into the test's folder, not the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_there_is_a_writer_for_each_layout() -> None:
    assert set(write.WRITERS) == set(LAYOUTS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_reads_back_what_was_written(layout: str, tmp_path: Path) -> None:
    root = tmp_path / "set"
    root.mkdir()
    truth = write.WRITERS[layout](root)
    dataset = open_dataset(root)

    assert dataset.layout == layout
    assert not dataset.problems
    assert {entry.id for entry in dataset.entries} == set(truth.labels)
    assert set(dataset.unlabelled) == truth.unlabelled
    assert {entry.id for entry in dataset.entries if entry.side == "test"} == truth.test
    for name, labels in truth.labels.items():
        sample = dataset.read(name)
        assert write.same_cells(sample.labels, labels), name
        assert sample.image.shape == (*labels.shape, dataset.channels)
        assert (dataset.read_pixels(name) == truth.images[name]).all()
    for name, group in truth.groups.items():
        assert dataset.read(name).group == group


@pytest.mark.parametrize("layout", LAYOUTS)
def test_named_layout_gives_the_same(layout: str, tmp_path: Path) -> None:
    truth = write.WRITERS[layout](tmp_path)
    named = open_dataset(tmp_path, layout=layout)
    assert {entry.id for entry in named.entries} == set(truth.labels)
    assert named.content_hash == open_dataset(tmp_path).content_hash


def read_back(root: Path, truth: write.Truth, **options: object) -> Dataset:
    """Opens the folder and compares it with what was written."""
    dataset = open_dataset(root, **options)
    assert not dataset.problems
    assert {entry.id for entry in dataset.entries} == set(truth.labels)
    assert {entry.id for entry in dataset.entries if entry.side == "test"} == truth.test
    assert set(dataset.unlabelled) == truth.unlabelled
    for name, labels in truth.labels.items():
        assert write.same_cells(dataset.read(name).labels, labels), name
    for name, image in truth.images.items():
        assert (dataset.read_pixels(name) == image).all(), name
    return dataset


def test_nuclei_of_the_bowls_test_images_are_in_the_solution(tmp_path: Path) -> None:
    tested = write.dsb2018_test(tmp_path)
    assert read_back(tmp_path, tested).layout == "dsb2018"
    trained = write.dsb2018(tmp_path)
    both = write.Truth(trained.labels | tested.labels, trained.images, tested.test)
    assert read_back(tmp_path, both).layout == "dsb2018"
    solution = tmp_path / "solutions/stage1_solution.csv"
    solution.write_text(solution.read_text() + "\n6a7b,4799 9,60,80,Private\n")
    (problem,) = open_dataset(tmp_path).problems
    assert problem.file.endswith("6a7b.png")
    assert "no pairs of a start and a length within the image" in problem.what


def test_slices_and_planes_of_volumes(tmp_path: Path) -> None:
    truth = write.ctc_volumes(tmp_path)
    dataset = read_back(tmp_path, truth, plane=2)
    assert dataset.layout == "ctc"
    assert dataset.group_of("t001-z003") == "01"


def test_coco_without_sizes_and_with_names_that_are_there_twice(tmp_path: Path) -> None:
    truth = write.livecell(tmp_path)
    path = tmp_path / "livecell_coco_train.json"
    content = json.loads(path.read_text())
    for name in ("height", "width"):
        del content["images"][0][name]
    path.write_text(json.dumps(content))
    read_back(tmp_path, truth)
    twice = "A172_Phase_A7_1_00d00h00m_1.tif"
    write.save(tmp_path / "copies" / twice, write.picture(write.cells(0), 0))
    (problem,) = open_dataset(tmp_path).problems
    assert f"names the image '{twice}', which is in 2 folders" in problem.what


def test_labels_by_name_are_tissuenets_alone(tmp_path: Path) -> None:
    write.folders(tmp_path)
    with pytest.raises(ValueError, match="by number, such as 0 or 0,1"):
        open_dataset(tmp_path, channel="nuclear")


def test_content_hash_is_of_pixels_only(tmp_path: Path) -> None:
    labels = write.cells(0)
    for name, suffix, dtype in (("one", "png", "uint8"), ("two", "tif", "uint16")):
        write.save(tmp_path / name / f"images/x.{suffix}", write.picture(labels, 0))
        write.save(tmp_path / name / f"masks/x.{suffix}", labels.astype(dtype))
    one, two = (open_dataset(tmp_path / name) for name in ("one", "two"))
    assert one.content_hash == two.content_hash
    labels[0, 0] = 99
    write.save(tmp_path / "two/masks/x.tif", labels.astype("uint16"))
    assert open_dataset(tmp_path / "two").content_hash != one.content_hash


def test_entries_measure_the_images(tmp_path: Path) -> None:
    labels = np.zeros((40, 50), np.uint16)
    labels[2:6, 2:6], labels[10:19, 10:19], labels[30:33, 30:33] = 5, 9, 70
    write.save(tmp_path / "images/x.png", write.picture(labels, 0, channels=3))
    write.save(tmp_path / "masks/x.png", labels)
    entry = open_dataset(tmp_path).entries[0]
    # Areas 16, 81 and 9: the median is 16, of a circle of diameter sqrt(4 * 16 / pi) = 4.51.
    assert (entry.cells, round(entry.diameter_px, 2)) == (3, 4.51)
    assert (entry.height, entry.width, entry.channels, entry.dtype) == (40, 50, 3, "uint8")


def test_tissuenet_labels_are_chosen_by_name(tmp_path: Path) -> None:
    truth = write.tissuenet(tmp_path)
    name = next(iter(truth.labels))
    nuclear = open_dataset(tmp_path, channel="nuclear").read(name).labels
    assert write.same_cells(nuclear, np.where(truth.labels[name] > 3, truth.labels[name], 0))
    assert open_dataset(tmp_path / "tissuenet_v1.1_train.npz").layout == "tissuenet"
    with pytest.raises(ValueError, match="whole_cell"):
        open_dataset(tmp_path, channel="membrane")


def test_seg_npy_is_read_without_executing_it(tmp_path: Path) -> None:
    write.cellpose(tmp_path)
    target = tmp_path / "executed"
    write.write_malicious_seg(tmp_path / "train/001_seg.npy", target=target)
    dataset = open_dataset(tmp_path)
    assert not target.exists()
    assert [problem.file for problem in dataset.problems] == ["train/001_seg.npy"]
    assert "which is not loaded" in dataset.problems[0].what


def test_overlapping_polygons_hide_no_cell() -> None:
    large, small = [[0.0, 0, 8, 0, 8, 8, 0, 8]], [[2.0, 2, 5, 2, 5, 5, 2, 5]]
    for order in ([large, small], [small, large]):
        drawn = labels_of(
            [{"segmentation": polygon} for polygon in order], shape=(10, 10), file="x"
        )
        areas = sorted(np.bincount(drawn.ravel())[1:])
        assert areas == [9, 64 - 9]


def test_crowds_are_unknown() -> None:
    drawn = labels_of(
        [{"segmentation": [[0.0, 0, 4, 0, 4, 4, 0, 4]], "iscrowd": 1}], shape=(6, 6), file="x"
    )
    assert (drawn[:4, :4] == -1).all()
    assert (drawn == -1).sum() == 16


def test_compressed_runs_of_a_known_string() -> None:
    # 6, 1, 40, 4, 5, 4, 5, 4, 21: the example of COCO's mask documentation.
    assert decode_runs("61X13mN000`0") == [6, 1, 40, 4, 5, 4, 5, 4, 21]


def test_coco_naming_images_outside_of_the_folder(tmp_path: Path) -> None:
    write.livecell(tmp_path)
    save = write.picture(write.cells(0), 0)
    write.save(tmp_path.parent / "outside.tif", save)
    path = tmp_path / "livecell_coco_train.json"
    content = json.loads(path.read_text())
    for number, name in enumerate(["../outside.tif", "/etc/passwd", "missing.tif"]):
        image = {"id": 100 + number, "file_name": name, "height": 60, "width": 80}
        content["images"].append(image)
    path.write_text(json.dumps(content))
    dataset = open_dataset(tmp_path)
    assert [problem.file for problem in dataset.problems] == ["livecell_coco_train.json"] * 3
    assert "outside of the data set" in dataset.problems[0].what
    assert len(dataset.entries) == 3


@pytest.mark.parametrize(
    ("pattern", "group"), [(r"^(.+)_site\d+", "well1"), ("plate", "p"), (r"site\d", "site1")]
)
def test_groups_by_pattern_or_column(pattern: str, group: str, tmp_path: Path) -> None:
    labels = write.cells(0)
    write.save(tmp_path / "images/well1_site1.png", write.picture(labels, 0))
    write.save(tmp_path / "masks/well1_site1.png", labels.astype(np.uint16))
    (tmp_path / "index.csv").write_text("image,plate\nwell1_site1.png,p\n")
    assert open_dataset(tmp_path, group_pattern=pattern).entries[0].group == group
    assert open_dataset(tmp_path).entries[0].group == "well1_site1"
    with pytest.raises(ValueError, match="regular expression"):
        open_dataset(tmp_path, group_pattern="(")


def test_grey_among_colour_images_is_repeated(tmp_path: Path) -> None:
    labels = write.cells(0)
    for name, channels in (("grey", 1), ("colour", 3)):
        write.save(tmp_path / f"images/{name}.png", write.picture(labels, 0, channels=channels))
        write.save(tmp_path / f"masks/{name}.png", labels.astype(np.uint16))
    dataset = open_dataset(tmp_path)
    image = dataset.read("grey").image
    assert image.shape == (60, 80, 3)
    assert (image == image[:, :, :1]).all()


def test_size_classes_hold_a_third_of_the_cells_each(tmp_path: Path) -> None:
    for seed in range(8):
        labels = write.cells(seed)
        write.save(tmp_path / f"images/{seed}.png", write.picture(labels, seed))
        write.save(tmp_path / f"masks/{seed}.png", labels.astype(np.uint16))
    low, high = open_dataset(tmp_path).size_edges_px
    areas = [np.bincount(write.cells(seed).ravel())[1:] for seed in range(8)]
    diameters = np.sqrt(4 / np.pi * np.concatenate(areas))
    classes = np.searchsorted([low, high], diameters, side="right")
    assert np.bincount(classes).min() >= 48 // 3 - 3
    assert size_edges_px(np.full(29, 100)) == ()
    assert size_edges_px(np.full(30, 100)) == (11.3,)
