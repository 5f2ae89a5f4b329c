"""The study's data: split once, kept, sealed, and refused where it cannot serve."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tifffile

from study.design import DataOptions, Study
from study.inputs.data import (
    describe,
    needed_ids,
    needed_unlabelled_ids,
    open_main,
    open_source,
    source_ids,
)
from study.inputs.simulated import write_folder
from study.plan import greediest_specs
from study.presets import quick
from study.store import Store
from tests.conftest import discs
from tests.study.fakes import SPLITS
from trainables.spec.gan_spec import paper_gan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve images of six wells."""
    samples = [discs(f"s{n:02}", seed=n, group=f"well{n // 2}") for n in range(12)]
    write_folder(tmp_path / "cells", samples)
    return tmp_path / "cells"


def study_on(folder: Path, **changes: object) -> Study:
    base = dataclasses.replace(
        quick(),
        data=DataOptions(path=str(folder)),
        annotation_counts=(4,),
        confirm_draws=2,
        folds=1,
    )
    return dataclasses.replace(base, **changes)


def test_what_was_written_is_read_back(folder: Path) -> None:
    from trainables.data.layouts.layouts import open_dataset

    sample = open_dataset(folder).read("s03")
    expected = discs("s03", seed=3)
    assert (sample.labels == expected.labels).all()
    assert sample.group == "well1"
    correlation = np.corrcoef(sample.image.ravel(), expected.image.ravel())[0, 1]
    assert correlation > 0.999


def test_the_split_is_kept_and_sealed(folder: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "study")
    first = open_main(study_on(folder), folder=tmp_path, store=store)
    again = open_main(study_on(folder), folder=tmp_path, store=store)

    assert again.split == first.split
    sent = needed_ids(first.split, counts=[4], draws=[0, 1, 2])
    assert sent
    assert not set(sent) & set(first.split.test_ids)
    assert set(first.example_ids) <= set(first.split.test_ids)
    wells = [{first.split.groups[one] for one in side} for side in (sent, first.split.test_ids)]
    assert not wells[0] & wells[1]


def test_changed_images_are_refused(folder: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "study")
    open_main(study_on(folder), folder=tmp_path, store=store)
    mask = folder / "masks" / "s00.tif"
    tifffile.imwrite(mask, np.roll(tifffile.imread(mask), 3, axis=0))
    with pytest.raises(ValueError, match="have changed since the study began"):
        open_main(study_on(folder), folder=tmp_path, store=store)


def test_more_annotations_than_images_are_refused(folder: Path, tmp_path: Path) -> None:
    study = study_on(folder, annotation_counts=(2, 50))
    with pytest.raises(ValueError, match=r"annotation_count must be between 1 and \d+"):
        open_main(study, folder=tmp_path, store=Store(tmp_path / "study"))


def test_a_missing_mask_is_told_and_left_out(folder: Path, tmp_path: Path) -> None:
    (folder / "masks" / "s00.tif").unlink()
    data = open_main(study_on(folder), folder=tmp_path, store=Store(tmp_path / "study"))
    about = describe(data)
    assert about["images"] == 11
    assert about["unlabelled"] == 1 or "s00" in str(about["problems"])


def test_all_images_of_a_source_may_be_trained_on(folder: Path, tmp_path: Path) -> None:
    study = study_on(folder, source=DataOptions(path=str(folder)), source_images=7)
    source = open_source(study, channels=1, folder=tmp_path)
    assert len(source.split.annotation_ids) == 12
    assert len(source_ids(study, source)) == 7


def test_simulated_images_are_written_once(tmp_path: Path) -> None:
    from study.inputs.simulated import simulated_source

    first = simulated_source(tmp_path, count=2, channels=3, seed=0)
    stamps = {path: path.stat().st_mtime_ns for path in first.rglob("*.tif")}
    assert simulated_source(tmp_path, count=2, channels=3, seed=0) == first
    assert {path: path.stat().st_mtime_ns for path in first.rglob("*.tif")} == stamps
    assert tifffile.imread(next((first / "images").iterdir())).shape == (256, 256, 3)


def test_images_without_labels_are_sent_where_an_arm_uses_them(
    folder: Path, tmp_path: Path
) -> None:
    study = study_on(folder, annotation_counts=(2,))
    data = open_main(study, folder=tmp_path, store=Store(tmp_path / "study"))

    def asked(study: Study) -> tuple[str, ...]:
        specs = greediest_specs(study, SPLITS)
        return needed_unlabelled_ids(data.split, specs, counts=[2], draws=[0, 1])

    assert asked(study) == ()
    labelling = dataclasses.replace(study, arms=("unet", "unet_pseudo_labels"))
    sent = set(asked(labelling))
    assert sent == set(data.split.annotation_ids)  # each is left out of one draw at least
    gan = paper_gan("cyclegan", unlabelled_images=1)
    painting = dataclasses.replace(study, arms=("unet_gan",), gans=(gan,))
    assert 1 <= len(asked(painting)) <= 2
