"""Scores by convention, size and group add up to those of the images."""

import csv

import numpy as np
import pytest

from reports.findings.breakdown import conventions_table, group_rows, sizes_table
from reports.load import load_study
from reports.page.render import write_report
from tests.reports.fake_study import TRUE_F1, FakeStudy


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished study whose test scores are also by size of cell."""
    yard = tmp_path_factory.mktemp("breakdown")
    return FakeStudy(pictures=False, sizes=True).write(yard / "study")


def test_classes_of_size_add_up(folder):
    study = load_study(folder)
    table = sizes_table(study, count=10)
    assert [row["arm"] for row in table.rows] == [arm.name for arm in study.arms]
    assert [column.label for column in table.columns] == ["below 11.5 px", "11.5 px and more"]
    for row in table.rows:
        assert row["f1_1"] == 1.0
        assert row["true_cells_0"] + row["true_cells_1"] == 40 * 20 * 3  # cells, images, draws
        found = row["recall_0"] * row["true_cells_0"] + row["true_cells_1"]
        assert found / 2400 == pytest.approx(TRUE_F1[row["arm"]], abs=0.06)
        assert row["f1_0"] < TRUE_F1[row["arm"]]


def test_groups_are_means_over_their_images(folder):
    study = load_study(folder)
    rows = group_rows(study, count=10)
    assert sum(row["images"] for row in rows) == 20
    (row,) = (row for row in rows if row["group"] == "well_2")
    expected = [
        f1
        for result in study.results
        if result.spec.stage == "confirm" and result.trial.arm == "unet"
        for sample_id, f1 in zip(result.test.sample_ids, result.test.f1, strict=True)
        if sample_id in ("img_06", "img_07", "img_08")
    ]
    assert len(expected) == 9
    assert row["unet"] == pytest.approx(np.mean(expected))
    means = [np.mean([row[name] for name in TRUE_F1]) for row in rows]
    assert means == sorted(means)


def test_every_convention_is_in_the_report_and_its_csv(folder):
    text = write_report(folder).read_text()
    for part in ("As other programs count", "NeurIPS F1, mean", "below 11.5 px", "well_2"):
        assert part in text
    names = conventions_table(load_study(folder), count=10).rows[0].keys()
    for name in ("neurips_f1_median@0.5", "stardist_f1_pooled@0.5", "cellpose_ap_mean@0.9"):
        assert name in names
    with (folder / "report/groups.csv").open() as stream:
        assert len(list(csv.DictReader(stream))) == 7
    with (folder / "report/conventions.csv").open() as stream:
        assert set(next(csv.DictReader(stream))) == set(names)


def test_what_is_not_there_is_not_shown(tmp_path):
    folder = FakeStudy(pictures=False, stop_after="search").write(tmp_path / "study")
    text = write_report(folder).read_text()
    for part in ("As other programs count", "Small and large cells", "Groups of images"):
        assert part not in text
