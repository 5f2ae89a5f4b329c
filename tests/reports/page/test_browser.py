"""The report as a person meets it: in headless Chromium, at three widths, light and dark."""

import shutil

import pytest

from reports.page.compare_studies import write_comparison
from reports.page.render import write_report
from tests.reports.fake_study import ARMS, HYBRIDS, FakeStudy

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip
WIDTHS = {"phone": 375, "tablet": 820, "desktop": 1440}
ARGUMENTS = {"annotation_counts": (2, 5, 10), "arms": ARMS + HYBRIDS, "ablate": True}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The paths of the report of a whole study, of one just begun, and of both side by side."""
    folder = tmp_path_factory.mktemp("studies")
    whole = FakeStudy(**ARGUMENTS).write(folder / "whole")
    begun = FakeStudy(stop_after="start").write(folder / "begun")
    return {
        "whole": write_report(whole),
        "begun": write_report(begun),
        "compared": write_comparison([whole, begun], out=folder / "compared"),
    }


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser, pages):
    """Opens a report; what goes wrong and what is asked of the network is on the page object."""
    contexts = []

    def opened(name, *, width=1440, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.faults, page.asked = [], []
        page.on("console", lambda said: page.faults.append(said.text))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(pages[name].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["whole", "begun", "compared"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_fault_no_request_and_accessible(open_page, pages, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    page = open_page(name, scheme=scheme)
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert page.faults == []
    assert [url for url in page.asked if not url.startswith("data:")] == [pages[name].as_uri()]


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_page_is_no_wider_than_the_screen(open_page, width):
    page = open_page("whole", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_image_with_a_long_name_does_not_widen_a_phone_s_page(open_page):
    """Images of the Data Science Bowl are named by 64 digits without a break."""
    page = open_page("whole", width=WIDTHS["phone"])
    page.evaluate(
        "for (const c of document.querySelectorAll('code')) c.textContent = '0'.repeat(64)"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS["phone"]


def test_dark_mode_is_dark(open_page):
    lightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    assert min(open_page("whole").evaluate(lightness)) > 240
    assert max(open_page("whole", scheme="dark").evaluate(lightness)) < 60


def test_a_table_is_sorted_by_mouse_and_by_keyboard(open_page):
    page = open_page("whole")
    heading = page.locator("#arms table").first.locator("thead th", has_text="F1@0.5").first
    cells = page.locator("#arms table").first.locator("tbody td.key")
    best_first = cells.all_inner_texts()
    assert best_first == sorted(best_first, reverse=True)
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert cells.all_inner_texts() == sorted(best_first)
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert cells.all_inner_texts() == best_first


def test_times_are_sorted_by_their_length_not_by_their_letters(open_page):
    order = open_page("whole").evaluate(
        "['1.5 h', '59 s', '−0.2', '2.0 min', '> 10', '–'].map(text => "
        "value({ textContent: text })).map(number => Number.isNaN(number) ? null : number)"
    )
    assert order == [5400, 59, -0.2, 120, 10, None]


def test_first_screen_holds_the_verdict_and_its_picture(open_page):
    page = open_page("whole")
    box = page.locator("header figure svg").first.bounding_box()
    assert page.locator("h1").bounding_box()["y"] < 200
    assert box["y"] + box["height"] < 900


def test_paper_shows_what_is_folded(open_page):
    page = open_page("whole")
    assert page.locator("details[open]").count() == 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.pdf().startswith(b"%PDF")
