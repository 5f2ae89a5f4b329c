"""The report is one file that needs nothing else, whatever state the study is in."""

import csv
import dataclasses
import html.parser
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from upath import UPath

import reports
from reports.figures.figures import pareto
from reports.figures.pictures import outlines, window_side
from reports.load import load_study
from reports.page.page import Page
from reports.page.render import write_report
from reports.tables.tables_of import Tables
from tests.reports.fake_study import ARMS, HYBRIDS, TRUE_F1, FakeStudy

CASES = {
    "finished": FakeStudy(pictures=False),
    "one draw": FakeStudy(draws=(1,), pictures=False),
    "two draws": FakeStudy(draws=(1, 2), pictures=False),
    "one group": FakeStudy(images=3, pictures=False),
    "several counts": FakeStudy(
        annotation_counts=(2, 5, 10), arms=ARMS + HYBRIDS, ablate=True, pictures=False
    ),
    "one arm": FakeStudy(arms=ARMS[:1], pictures=False),
    "partly failed": FakeStudy(fail_confirm=("unet",), annotation_counts=(2, 10), pictures=False),
    "failed arm": FakeStudy(fail_confirm=("unet_gan",), pictures=False),
    "nothing but failures": FakeStudy(fail_confirm=tuple(TRUE_F1), pictures=False),
    "only searched": FakeStudy(stop_after="search", pictures=False),
    "just begun": FakeStudy(stop_after="start", pictures=False),
}
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Tags(html.parser.HTMLParser):
    """Fails on tags that are not closed in order; collects ids and what is referred to."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(page) -> Tags:
    tags = Tags()
    tags.feed(page.read_text())
    assert tags.open == []
    return tags


@pytest.fixture(scope="module")
def pictured(tmp_path_factory):
    """A finished study with pictures, and its report."""
    folder = FakeStudy().write(tmp_path_factory.mktemp("pictured") / "study")
    return folder, write_report(folder)


@pytest.mark.parametrize("case", CASES)
def test_every_state_of_a_study_gives_a_well_formed_page(case, tmp_path, monkeypatch):
    # Drawing takes most of a report's time; the figures are looked at in other tests.
    monkeypatch.setattr("reports.figures.figure_files._pdf", lambda figure: b"")
    monkeypatch.setattr("reports.figures.figure_files._svg", lambda figure: "<svg></svg>")
    folder = CASES[case].write(tmp_path / "study")
    page = write_report(folder)
    assert page == folder / "report" / "report.html"
    read(page)
    text = page.read_text()
    assert not re.search(r"\bnan\b", text)
    assert "None" not in text


class Asked(dict):
    """What `study.json` says, which notes every key that it is asked for and does not hold."""

    def __init__(self, facts, unknown):
        super().__init__({name: asked(value, unknown) for name, value in facts.items()})
        self.unknown = unknown

    def get(self, name, default=None):
        if name not in self:
            self.unknown.add(name)
        return super().get(name, default)

    def __missing__(self, name):
        self.unknown.add(name)
        raise KeyError(name)


def asked(value, unknown):
    """The same for all that lies within a value."""
    if isinstance(value, dict):
        return Asked(value, unknown)
    return [asked(one, unknown) for one in value] if isinstance(value, list) else value


def test_a_report_asks_a_study_for_nothing_that_a_study_does_not_write(tmp_path, monkeypatch):
    monkeypatch.setattr("reports.figures.figure_files._pdf", lambda figure: b"")
    monkeypatch.setattr("reports.figures.figure_files._svg", lambda figure: "<svg></svg>")
    unknown = set()
    loads = json.loads
    monkeypatch.setattr(
        "reports.load.json",
        SimpleNamespace(
            loads=lambda text: asked(loads(text), unknown), JSONDecodeError=json.JSONDecodeError
        ),
    )
    fake = FakeStudy(arms=ARMS[2:4], images=6, draws=(1,), search_trials=1, ablate=True)
    write_report(fake.write(tmp_path / "study"))
    assert unknown == set()


def test_page_needs_nothing_from_outside(pictured):
    links = read(pictured[1]).links
    assert len(links) > 20
    assert all(link.startswith(("#", "data:")) for link in links)
    assert "<script src" not in pictured[1].read_text()
    assert not re.search(r"url\((?!#)", pictured[1].read_text())


def test_page_is_small_and_shows_every_arm_on_three_images(pictured):
    text = pictured[1].read_text()
    assert len(text) < 5_000_000
    assert text.count("the image alone") == 3
    pictures = text[text.index("the image alone") : text.index("Each arm at its best")]
    assert pictures.count('class="found"') == 3 * len(TRUE_F1)
    own = text[text.index("Each arm at its best") : text.index("Real and synthetic")]
    assert [own.count(f">{place}:") for place in ("best", "median", "worst")] == [len(TRUE_F1)] * 3
    assert "30 % of what it drew was dropped" in text


def test_why_three_gans_tell_nothing_about_their_quality_is_said(pictured):
    text = pictured[1].read_text()
    assert "no arm has more than 3 scored trainings with GAN data" in text
    assert "Rank correlation, over GAN fits" not in text


def test_everything_on_the_page_object_is_shown():
    """Nothing is worked out for the page that neither its template nor the Markdown reads."""
    folder = Path(reports.__file__).parent
    templates = [path.read_text() for path in (folder / "templates").glob("*.jinja")]
    text = "".join([*templates, (folder / "page" / "markdown.py").read_text()])
    shown = set(re.findall(r"\bpage\.(\w+)", text))
    assert shown >= {field.name for field in dataclasses.fields(Page)}
    tables = set(re.findall(r"\btables\.(\w+)", text))
    assert tables >= {field.name for field in dataclasses.fields(Tables)}


def test_same_study_same_report(pictured, tmp_path):
    again = write_report(pictured[0], out=tmp_path)
    assert again == tmp_path / "report" / "report.html"
    assert again.read_text() == pictured[1].read_text()


def test_tables_are_written_as_csv_with_the_numbers_of_the_store(pictured):
    folder, page = pictured
    names = {path.stem for path in page.parent.glob("*.csv")}
    assert names == {
        "annotation_equivalence", "ablation", "arms", "cell_sizes", "comparisons",
        "comparisons_by_count", "conventions", "cost_to_score", "gan_fits", "gan_quality",
        "group_leads", "group_leads_all", "groups", "heterogeneity", "importance", "interactions",
        "learning_curves", "not_completed", "optimism", "pareto", "search_budget",
        "source_trainings", "test_images", "trials", "two_way",
    }  # fmt: skip
    assert {path.name for path in (page.parent / "figures").iterdir()} == {
        f"{name}.{kind}"
        for name in ("forest", "cost", "history", "rates")
        for kind in ("svg", "pdf")
    }
    images = rows(page.parent / "test_images.csv")
    assert len(images) == len(TRUE_F1) * 3 * 20
    arms = {row["arm"]: row for row in rows(page.parent / "arms.csv")}
    own = [float(row["f1"]) for row in images if row["arm"] == "unet"]
    assert float(arms["unet"]["f1"]) == pytest.approx(np.mean(own))
    assert len(rows(page.parent / "trials.csv")) == len(load_study(folder).results)


def test_difference_in_the_table_is_that_of_the_paired_images(pictured):
    images = rows(pictured[1].parent / "test_images.csv")
    by_arm = {
        arm: {(row["draw"], row["image"]): float(row["f1"]) for row in images if row["arm"] == arm}
        for arm in ("cellpose", "unet")
    }
    paired = [value - by_arm["unet"][key] for key, value in by_arm["cellpose"].items()]
    comparisons = rows(pictured[1].parent / "comparisons.csv")
    (found,) = [row for row in comparisons if (row["one"], row["other"]) == ("cellpose", "unet")]
    assert float(found["difference"]) == pytest.approx(np.mean(paired))
    assert float(found["low"]) < np.mean(paired) < float(found["high"])


def test_unreadable_result_is_named_and_does_not_stop_the_report(tmp_path):
    folder = FakeStudy(pictures=False).write(tmp_path / "study")
    (folder / "results" / "broken.json").write_text('{"schema": 1, "trial_')
    assert "broken.json" in write_report(folder).read_text()


def test_names_from_outside_are_escaped(tmp_path):
    folder = FakeStudy(stop_after="start").write(tmp_path / "study")
    facts = (folder / "study.json").read_text()
    (folder / "study.json").write_text(facts.replace("invented cells", "<img src=x>"))
    assert "<img src=x>" not in write_report(folder).read_text()


def test_folder_without_a_study_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(ValueError, match=r"must hold study\.json.*--out"):
        write_report(tmp_path)


def test_study_of_another_schema_version_is_refused(tmp_path):
    (tmp_path / "study.json").write_text('{"schema": 99}')
    with pytest.raises(ValueError, match="schema version 1"):
        write_report(tmp_path)


def test_study_on_a_remote_store_is_read_and_written(tmp_path):
    local = FakeStudy(pictures=False).write(tmp_path / "study")
    remote = UPath("memory://bucket/study")
    for path in local.rglob("*.json"):
        target = remote / path.relative_to(local).as_posix()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text())
    assert write_report(remote).read_text() == write_report(local).read_text()


def test_report_needs_neither_the_study_nor_the_networks():
    code = (
        "import sys, reports.page.render; "
        "print([m for m in ('study', 'torch', 'tensorflow', 'ray', 'mlflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_outline_of_a_square_by_hand():
    labels = np.zeros((6, 6), np.int32)
    labels[2:4, 1:5] = 7  # rows 2 and 3, columns 1 to 4: x from 1 to 5, y from 2 to 4
    labels[0, 0] = -1
    points = np.array(re.findall(r"([\d.]+) ([\d.]+)", outlines(labels)), float)
    assert outlines(labels).count("M") == 1
    assert (points[:, 0].min(), points[:, 0].max()) == (1.0, 5.0)
    assert (points[:, 1].min(), points[:, 1].max()) == (2.0, 4.0)


def test_window_holds_cells_of_a_size_to_judge():
    assert window_side(5.0) == 192
    assert window_side(40.0) == 480
    assert window_side(500.0) == 1024


def test_pareto_front_by_hand():
    points = [(10.0, 0.8), (20.0, 0.7), (30.0, 0.9), (30.0, 0.95), (40.0, 0.95)]
    assert pareto(points) == [(10.0, 0.8), (30.0, 0.95)]


def rows(path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))
