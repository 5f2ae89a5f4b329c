"""A store with files that do not belong: named, left out, and never a bare traceback."""

import json

import pytest

from reports.findings.findings import find
from reports.findings.integrity import integrity
from reports.load import load_study, trials
from reports.page.render import write_report
from reports.text.narrative import narrate
from reports.verdict.verdict import decide
from study.design import ARMS, Arm
from tests.reports.fake_study import FakeStudy

HTML = '<b onclick="x()">A & B</b>'


@pytest.fixture
def folder(tmp_path):
    return FakeStudy(pictures=False).write(tmp_path / "study")


def confirmed(folder, arm="unet"):
    """Path and content of the first confirm training of an arm."""
    result = trials(load_study(folder), stage="confirm", arm=arm)[0]
    path = folder / "results" / f"{result.trial_id}.json"
    return path, json.loads(path.read_text())


def told(folder):
    study = load_study(folder)
    decision = decide(study)
    checks = {check.name: check for check in integrity(study, decision)}
    return checks["Result files"], narrate(study, decision, find(study, decision)).caveats


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"schema": 1, "trial_', "no whole JSON file"),
        ("", "no whole JSON file"),
        ("[1, 2]", "no result"),
        ('{"schema": 1}', "no result"),
        ('{"schema": 7, "trial_id": "a"}', "schema version 1 or 2, but this one has 7"),
    ],
)
def test_file_that_is_no_result_is_named_with_the_reason(folder, content, reason):
    (folder / "results" / "stray.json").write_text(content)
    check, caveats = told(folder)
    assert check.state == "bad"
    assert "stray.json" in check.found
    assert reason in check.found
    assert any("1 result file is left out" in caveat for caveat in caveats)


def test_file_that_is_no_text_is_named(folder):
    (folder / "results" / "stray.json").write_bytes(b"\xff\xfe\x00broken")
    assert "stray.json" in told(folder)[0].found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data.split": "ffffffffffff"}, "made on split ffffffffffff, not on {own_split}"),
        ({"arm": "mystery"}, "arm 'mystery' is not in the design"),
        ({"stage": "daydream"}, "'confirm', 'ablate'], but got 'daydream'"),
    ],
)
def test_result_of_another_study_is_refused_and_named(folder, change, reason):
    path, raw = confirmed(folder)
    path.write_text(json.dumps(raw | {"spec": raw["spec"] | change}))
    check, _ = told(folder)
    assert raw["trial_id"] in check.found
    assert reason.format(own_split=raw["spec"]["data.split"]) in check.found
    assert len(trials(load_study(folder), stage="confirm", arm="unet")) == 2
    assert decide(load_study(folder)).summary("unet").completed == 2


def test_spec_without_its_place_in_the_study_is_refused(folder):
    path, raw = confirmed(folder)
    raw["spec"].pop("data.draw")
    path.write_text(json.dumps(raw))
    assert "its spec cannot be read: DataSpec needs 'draw'" in told(folder)[0].found


def test_score_that_is_not_a_number_is_refused(folder):
    path, raw = confirmed(folder)
    raw["test"]["counts"][0]["true_positives"][0] = float("nan")
    path.write_text(json.dumps(raw))
    assert "not a number" in told(folder)[0].found
    assert decide(load_study(folder)).summary("unet").completed == 2


def test_arm_of_the_design_without_any_trial_is_missing_not_invented(tmp_path):
    fake = FakeStudy(pictures=False)
    folder = fake.write(tmp_path / "study")
    facts = json.loads((folder / "study.json").read_text())
    facts["design"]["arms"].append({"name": "stardist_scratch", "segmenter": "stardist"})
    (folder / "study.json").write_text(json.dumps(facts))
    decision = decide(load_study(folder))
    assert decision.summary("stardist_scratch").f1 is None
    assert not decision.finished
    assert "0 of 3" in write_report(folder).read_text()


def test_html_in_names_stays_text(tmp_path, monkeypatch):
    monkeypatch.setitem(ARMS, HTML, Arm(name=HTML, segmenter="unet"))
    arms = ((HTML, "unet", "none", "scratch"), ("unet", "unet", "none", "scratch"))
    fake = FakeStudy(arms=arms, means={HTML: 0.9, "unet": 0.8}, pictures=False)
    page = write_report(fake.write(tmp_path / "study"))
    assert "onclick" in page.read_text()
    assert "<b onclick" not in page.read_text()
    assert "<b onclick" not in page.with_name("report.md").read_text()
