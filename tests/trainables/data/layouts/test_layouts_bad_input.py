"""Whatever is wrong with a data set gets a sentence, and loses nothing else."""

import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.trainables.data.layouts.write_layouts import cells, picture, save
from trainables.data.layouts.layouts import open_dataset

LABELS = cells(0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data set of two sound images, `a` and `b`."""
    folder = tmp_path / "my cells ä"
    for seed, name in enumerate("ab"):
        save(folder / f"images/{name}.png", picture(LABELS, seed))
        save(folder / f"masks/{name}.png", LABELS.astype(np.uint16))
    return folder


def problem_of(root: Path, *, ids: str = "ab") -> str:
    """The one problem, in one sentence; all else is read."""
    dataset = open_dataset(root)
    assert [entry.id for entry in dataset.entries] == list(ids)
    assert len(dataset.problems) == 1
    return str(dataset.problems[0])


def test_truncated_image(root: Path) -> None:
    save(root / "images/c.png", picture(LABELS, 3))
    save(root / "masks/c.png", LABELS.astype(np.uint16))
    data = (root / "images/c.png").read_bytes()
    (root / "images/c.png").write_bytes(data[: len(data) // 2])
    assert problem_of(root).startswith("images/c.png is damaged")


def test_empty_mask_file(root: Path) -> None:
    save(root / "images/c.png", picture(LABELS, 3))
    (root / "masks/c.png").touch()
    assert problem_of(root).startswith("masks/c.png is empty (0 bytes)")


def test_image_without_mask_is_unlabelled(root: Path) -> None:
    save(root / "images/c.png", picture(LABELS, 3))
    assert "images/c.png has no mask" in problem_of(root)
    dataset = open_dataset(root)
    assert dataset.unlabelled == ("c",)
    assert (dataset.read("c").labels == -1).all()


def test_mask_without_image(root: Path) -> None:
    save(root / "masks/c.png", LABELS.astype(np.uint16))
    assert "masks/c.png has no image" in problem_of(root)


def test_other_shape(root: Path) -> None:
    save(root / "images/c.png", picture(LABELS, 3))
    save(root / "masks/c.png", LABELS[:-1].astype(np.uint16))
    assert "masks/c.png is 59 x 80 pixels, but its image is 60 x 80" in problem_of(root)


def test_binary_mask(root: Path) -> None:
    save(root / "images/c.png", picture(LABELS, 3))
    save(root / "masks/c.png", (LABELS > 0).astype(np.uint8) * 255)
    assert "components" in problem_of(root)
    cell_counts = [entry.cells for entry in open_dataset(root, components=True).entries]
    assert cell_counts == [6, 6, 5]  # two cells touch


def test_constant_image(root: Path) -> None:
    save(root / "images/c.png", np.full((60, 80), 7, np.uint8))
    save(root / "masks/c.png", LABELS.astype(np.uint16))
    assert "images/c.png is constant: every pixel is 7" in problem_of(root)


def test_folder_named_like_an_image(root: Path) -> None:
    (root / "images/c.png").mkdir()
    save(root / "masks/c.png", LABELS.astype(np.uint16))
    assert "folder named like an image" in problem_of(root)


def test_duplicate_stems(root: Path) -> None:
    save(root / "images/b.tif", picture(LABELS, 3))
    dataset = open_dataset(root)
    assert [entry.id for entry in dataset.entries] == ["a"]
    assert [problem.file for problem in dataset.problems] == [
        "images/b.png",
        "images/b.tif",
        "masks/b.png",
    ]
    assert "several images of one name (b.png and b.tif)" in dataset.problems[0].what


def test_link_out_of_the_folder(root: Path) -> None:
    save(root.parent / "secret.png", picture(LABELS, 3))
    (root / "images/c.png").symlink_to(root.parent / "secret.png")
    assert "images/c.png is a link to a file outside" in problem_of(root)


def test_link_within_the_folder_is_fine(root: Path) -> None:
    (root / "images/c.png").symlink_to(root / "images/a.png")
    (root / "masks/c.png").symlink_to("a.png")
    assert [entry.id for entry in open_dataset(root).entries] == ["a", "b", "c"]


def test_hidden_files_are_none(root: Path) -> None:
    (root / "images/._a.png").write_bytes(b"resource fork")
    (root / "images/Thumbs.db").write_bytes(b"thumbnails")
    assert not open_dataset(root).problems


def test_one_image(root: Path) -> None:
    for folder in ("images", "masks"):
        (root / folder / "b.png").unlink()
    assert len(open_dataset(root).entries) == 1


def test_no_image(root: Path) -> None:
    for path in root.rglob("*.png"):
        path.unlink()
    with pytest.raises(ValueError, match="holds no images"):
        open_dataset(root)


def test_no_usable_image_names_the_first_problem(root: Path) -> None:
    for path in root.glob("masks/*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"2 problems: masks/a.png is damaged"):
        open_dataset(root)


def test_no_cells(root: Path) -> None:
    for path in root.glob("masks/*.png"):
        save(path, np.zeros((60, 80), np.uint8))
    with pytest.raises(ValueError, match="hold no cell"):
        open_dataset(root)


def test_nothing_recognised(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="images/ and masks/"):
        open_dataset(tmp_path)
    with pytest.raises(ValueError, match="existing folder"):
        open_dataset(tmp_path / "missing")
    with pytest.raises(ValueError, match="one of"):
        open_dataset(tmp_path, layout="unheard of")


def test_archives_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    with zipfile.ZipFile(tmp_path / "good.zip", "w") as archive:
        archive.write(tmp_path / "x.txt", "images/x.txt")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.write(tmp_path / "x.txt", "../../x.txt")
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "x.txt", "images/../../x.txt")
    with pytest.raises(ValueError, match="unpack it"):
        open_dataset(tmp_path / "good.zip")
    for name in ("bad.zip", "bad.tar.gz"):
        with pytest.raises(ValueError, match="leaves the folder"):
            open_dataset(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "message"),
    [("width,height\n1,2\n", "must have one of the columns"), ("stem,split\na,hidden\n", "hidden")],
)
def test_bad_index(text: str, message: str, root: Path) -> None:
    (root / "index.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        open_dataset(root)


def test_unknown_sample(root: Path) -> None:
    with pytest.raises(ValueError, match="no usable image 'z'"):
        open_dataset(root).read("z")
