"""`study check` tells what is there, on one screen."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from scipy.ndimage import binary_dilation
from skimage.measure import label

from study.command_line.check_screen import screen
from study.design import DataOptions
from study.inputs.contact_sheet import GAP_PX, OUTLINE, PANEL_PX, TITLE_PX, outlined
from study.inputs.data_check import (
    CheckReport,
    check_dataset,
    disjoint_draws,
    spread,
    tied_images,
)
from tests.conftest import discs
from tests.trainables.data.dividing.test_duplicates import field
from tests.trainables.data.layouts.write_layouts import cells, save
from tests.trainables.peak import peak_mib
from trainables.data.normalise import normalised
from trainables.data.sample import Sample


def write(root: Path, count: int = 6) -> None:
    for number in range(count):
        save(root / f"images/im{number}.png", field(number, 100))
        save(root / f"masks/im{number}.png", cells(number, (100, 100)).astype(np.uint16))


def checked(path: Path, *, out: Path | None = None, **options: Any) -> CheckReport:
    return check_dataset(DataOptions(path=str(path), **options), out=out)


def shown(report: object) -> str:
    stream = io.StringIO()
    Console(width=120, file=stream).print(report)
    return stream.getvalue()


def test_a_sound_data_set(tmp_path: Path) -> None:
    write(tmp_path)
    report = checked(tmp_path)
    assert report.runnable
    text = shown(screen(report))
    for part in ("folders", "6 with labels", "100 x 100", "uint8", "A study can run", "36 in all"):
        assert part in text
    assert len(text.splitlines()) < 24


def test_problems_and_contact_sheet(tmp_path: Path) -> None:
    write(tmp_path / "set")
    for number in range(20):
        (tmp_path / f"set/images/broken{number:02d}.png").touch()
    report = checked(tmp_path / "set", out=tmp_path / "out/sheet.png")
    text = shown(screen(report))
    assert report.runnable
    assert "images/broken00.png" in text
    assert "and 28 more" in text  # each is broken, and has no mask
    assert len(text.splitlines()) < 50
    with Image.open(tmp_path / "out/sheet.png") as sheet:
        colours = np.asarray(sheet.convert("RGB")).reshape(-1, 3)
    outlines = (np.abs(colours.astype(int) - (255, 217, 0)) < 3).all(axis=1)
    assert outlines.sum() > 500
    assert len((tmp_path / "out/sheet.csv").read_text().splitlines()) == 41


def test_ties_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    save(tmp_path / "images/im9.png", np.ascontiguousarray(field(2, 100)[:, ::-1]))
    save(tmp_path / "masks/im9.png", cells(0, (100, 100)).astype(np.uint16))
    report = checked(tmp_path)
    assert report.dataset
    assert report.split
    assert tied_images(report.dataset, report.split) == [("im2", "im9")]
    text = shown(screen(report))
    assert "im2 + im9" in text
    assert f"1 to {len(report.split.annotation_ids)}, validation" in text
    assert "with no image in common:" in text


def test_ties_are_drawn_below_the_images(tmp_path: Path) -> None:
    write(tmp_path / "set", 8)
    save(tmp_path / "set/images/im9.png", np.ascontiguousarray(field(2, 100)[:, ::-1]))
    save(tmp_path / "set/masks/im9.png", cells(0, (100, 100)).astype(np.uint16))
    heights = []
    for detect in (True, False):
        out = tmp_path / "sheet.png"
        checked(tmp_path / "set", out=out, detect_duplicates=detect)
        with Image.open(out) as sheet:
            heights.append(sheet.height)
    rows = 3  # of nine images, four in each
    assert heights[1] == rows * (PANEL_PX + TITLE_PX + GAP_PX)
    assert heights[0] == heights[1] + TITLE_PX + heights[1] // rows


def test_outlines_are_whole_at_any_size() -> None:
    sample = discs("x", seed=0, side=1200)
    picture = outlined(sample, longest_px=300)
    assert picture.shape == (300, 300, 3)
    drawn = (picture == OUTLINE).all(axis=2)
    inside = sample.labels[::4, ::4] > 0
    # Each outline parts the inside of its cell from the ground.
    assert label(inside & ~drawn, connectivity=1).max() >= sample.cell_count - 2
    assert not (binary_dilation(inside & ~drawn) & ~inside & ~drawn).any()


def test_a_large_image_is_pictured_without_a_copy_of_the_whole() -> None:
    cell = discs("x", seed=0, side=1000)
    pixels = np.tile((cell.image * 100).clip(0, 255).astype(np.uint8), (3, 3, 1))
    large = Sample(id="x", image=normalised(pixels), labels=np.tile(cell.labels, (3, 3)), group="x")  # type: ignore[arg-type]
    whole = replace(large, image=large.image[:])
    as_floats_mib = 4 * pixels.size / 2**20
    assert peak_mib(lambda: outlined(large)) < 1.5 * as_floats_mib
    difference = np.abs(outlined(large).astype(int) - outlined(whole))
    assert difference.max() == 0


def test_unlabelled_images_and_conversions_are_shown(tmp_path: Path) -> None:
    write(tmp_path / "set")
    colour = np.repeat(field(0, 100)[10:90, :, np.newaxis], 3, axis=2)
    colour[0, 0] = (1, 2, 3)
    save(tmp_path / "more/a.png", colour)
    save(tmp_path / "more/b.png", field(77, 100))
    found = checked(tmp_path / "set", unlabelled=str(tmp_path / "more"))
    text = shown(screen(found))
    assert found.split
    tested = {found.split.groups[name] for name in found.split.test_ids}
    assert "2 images without labels" in text
    assert ("1 of them are left out" in text) == (found.split.groups["im0"] in tested)
    assert "1 three-channel images are averaged to grey" in text
    text = shown(screen(checked(tmp_path / "set", detect_duplicates=False)))
    assert "not looked for" in text
    assert "no images without labels" in text


def test_data_sets_on_which_no_study_runs(tmp_path: Path) -> None:
    report = checked(tmp_path)
    assert not report.runnable
    assert "images/ and masks/" in shown(screen(report))
    write(tmp_path, 1)
    report = checked(tmp_path)
    assert not report.runnable
    assert "No study can run" in shown(screen(report))
    assert "1 with labels" in shown(screen(report))


def test_disjoint_draws(tmp_path: Path) -> None:
    write(tmp_path, 10)
    report = checked(tmp_path)
    assert report.split
    assert len(report.split.annotation_ids) == 7
    assert disjoint_draws(report.split) == {1: 7, 2: 3, 5: 1, 7: 1}


def test_spread() -> None:
    assert spread([3.0, 9.0, 4.0]) == "3 to 9, median 4"
    assert spread([2.0, 2.0], digits=1) == "2.0"
    assert spread([float("nan")]) == "unknown"


def test_few_images_are_told_to_be_tested_by_folds(tmp_path: Path) -> None:
    write(tmp_path)
    report = checked(tmp_path)
    assert report.folds == 4
    text = " ".join(shown(screen(report)).split())
    assert "grouped folds, as the images are too few for a test side" in text
    assert "3 in `quick`" in text
