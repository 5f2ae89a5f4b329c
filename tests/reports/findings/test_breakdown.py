"""Scores by convention, size and group add up to those of the images."""

import csv

import numpy as np
import pytest

from reports.findings.breakdown import by_convention, by_image_group, by_size
from reports.load import load_study
from reports.page.render import write_report
from reports.tables.breakdown_tables import cell_sizes
from tests.reports.fake_study import TRUE_F1, FakeStudy


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished study whose test scores are also by size of cell."""
    yard = tmp_path_factory.mktemp("breakdown")
    return FakeStudy(pictures=False, sizes=True).write(yard / "study")


def test_classes_of_size_add_up(folder):
    study = load_study(folder)
    found = by_size(study, count=10)
    assert [one.arm for one in found] == [arm.name for arm in study.arms]
    columns = cell_sizes(found)
    headings = [column.heading for column in columns if column.heading]
    assert headings == ["arm", "below 11.5 px", "11.5 px and more"]
    read = {name: read for column in columns for name, read in column.csv.items()}
    for one in found:
        row = {name: value(one) for name, value in read.items()}
        assert row["f1_1"] == 1.0
        assert row["true_cells_0"] + row["true_cells_1"] == 40 * 20 * 3  # cells, images, draws
        hits = row["recall_0"] * row["true_cells_0"] + row["true_cells_1"]
        assert hits / 2400 == pytest.approx(TRUE_F1[one.arm], abs=0.06)
        assert row["f1_0"] < TRUE_F1[one.arm]


def test_groups_are_means_over_their_images(folder):
    study = load_study(folder)
    groups = by_image_group(study, count=10)
    assert sum(one.images for one in groups) == 20
    (group,) = (one for one in groups if one.group == "well_2")
    expected = [
        f1
        for result in study.results
        if result.spec.stage == "confirm" and result.trial.arm == "unet"
        for sample_id, f1 in zip(result.test.sample_ids, result.test.f1, strict=True)
        if sample_id in ("img_06", "img_07", "img_08")
    ]
    assert len(expected) == 9
    assert group.f1["unet"] == pytest.approx(np.mean(expected))
    means = [np.mean([one.f1[name] for name in TRUE_F1]) for one in groups]
    assert means == sorted(means)


def test_every_convention_is_in_the_report_and_its_csv(folder):
    text = write_report(folder).read_text()
    for part in ("As other programs count", "NeurIPS F1, mean", "below 11.5 px", "well_2"):
        assert part in text
    names = by_convention(load_study(folder), count=10)[0].scores
    for name in ("neurips_f1_median@0.5", "stardist_f1_pooled@0.5", "cellpose_ap_mean@0.9"):
        assert name in names
    with (folder / "report/groups.csv").open() as stream:
        assert len(list(csv.DictReader(stream))) == 7
    with (folder / "report/conventions.csv").open() as stream:
        assert set(next(csv.DictReader(stream))) == {"arm", *names}


def test_what_is_not_there_is_not_shown(tmp_path):
    folder = FakeStudy(pictures=False, stop_after="search").write(tmp_path / "study")
    text = write_report(folder).read_text()
    for part in ("As other programs count", "Small and large cells", "Groups of images"):
        assert part not in text
