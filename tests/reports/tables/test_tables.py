"""Tables of a study with folds, or with gaps at its largest annotation count."""

import csv
import dataclasses
import json

import pytest

from reports.findings.findings import find
from reports.load import load_study, trials
from reports.page.render import write_report
from reports.verdict.verdict import decide
from tests.reports.fake_study import FakeStudy


def test_every_fold_adds_its_share_to_the_ceiling(tmp_path):
    folder = FakeStudy(stop_after="search", pictures=False).write(tmp_path / "study")
    facts = json.loads((folder / "study.json").read_text())
    facts["design"]["folds"] = 3
    (folder / "study.json").write_text(json.dumps(facts))
    study = load_study(folder)
    assert study.ceiling_device_seconds == 3 * 300
    page = write_report(folder)
    with page.with_name("search_budget.csv").open() as stream:
        share = {row["arm"]: float(row["share_of_ceiling"]) for row in csv.DictReader(stream)}
    # 9 + 12 + 15 + 18 + 21 + 24 seconds of trials, no GAN.
    assert share["unet"] == pytest.approx(99 / 900)
    assert "the same ceiling of 15.0 min device time" in page.read_text()


def test_other_counts_are_compared_where_the_largest_allows_no_comparison(tmp_path):
    folder = FakeStudy(annotation_counts=(2, 10), pictures=False).write(tmp_path / "study")
    whole = load_study(folder)
    lost = {
        result.trial_id
        for result in trials(whole, stage="confirm", count=10)
        if result.trial.arm != "unet"
    }
    study = dataclasses.replace(
        whole, results=tuple(one for one in whole.results if one.trial_id not in lost)
    )
    decision = decide(study, margin_f1=0.03)
    assert decision.annotation_count == 10
    assert decision.comparisons == ()
    found = find(study, decision).at_other_counts
    assert {count for count, _ in found} == {2}
    assert {one.margin_f1 for _, one in found} == {0.03}
    assert ("cellpose", "unet") in {(one.one, one.other) for _, one in found}
