"""From Home to a report in somebody's hands, as a person who has never seen the product goes."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from fairlab.metrics import GAPS
from fairlab.outcomes import count
from fairlab.runs.store import RunStore
from tests.browser.conftest import Desk
from tests.browser.server import ARTIFACTS, PATIENCE_MS, Server

MOST_CLICKS = 12
REASON = "Fewer people are refused who would repay; the board voted 5 to 2."


class Clicks:
    """Clicks, counted."""

    def __init__(self) -> None:
        self.done = 0

    def on(self, target: Locator) -> None:
        target.click()
        self.done += 1


class Opened:
    """A file in a browser, with everything it asked for and complained about."""

    def __init__(self, browser: Browser, path: Path) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="module")
def exported(
    desk: Desk, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, int]:
    """The report as downloaded, the address of its page, and the clicks it took."""
    page = desk.sit_down()
    page.set_default_timeout(PATIENCE_MS)
    clicks = Clicks()
    page.goto(server.url)
    clicks.on(page.get_by_role("button", name="Try it now"))
    expect(page.get_by_role("button", name="Show this point")).to_be_visible()
    clicks.on(page.get_by_role("button", name="Show this point"))
    clicks.on(page.get_by_role("button", name="Choose this"))
    clicks.on(page.get_by_role("button", name="Write the report"))
    clicks.on(page.get_by_label("Why this one"))
    page.keyboard.type(REASON)
    path = tmp_path_factory.mktemp("report") / "report.html"
    with page.expect_download() as waiting:
        clicks.on(page.get_by_role("button", name="Report (HTML)"))
    waiting.value.save_as(path)
    address = page.url
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "report_page.png", full_page=True)
    desk.leave(failed=False)
    return path, address, clicks.done


def test_a_newcomer_has_a_report_after_a_dozen_clicks(exported: tuple[Path, str, int]) -> None:
    path, _, clicks = exported
    assert clicks <= MOST_CLICKS
    assert path.stat().st_size < 5_000_000


def test_the_report_works_from_a_file_and_asks_for_nothing(
    exported: tuple[Path, str, int], browser: Browser, server: Server
) -> None:
    """No request, no complaint; the slider shows what the API counts; keys walk the curve."""
    path, address, _ = exported
    opened = Opened(browser, path)
    page = opened.page
    expect(page.get_by_role("heading", name="The trade-off")).to_be_visible()
    expect(page.get_by_text(REASON, exact=True)).to_be_visible()
    slider = page.get_by_role("slider", name="Threshold")
    before = cells(page)
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "Threshold 0.60")
    assert cells(page) != before
    chosen = unquote(address).partition("chosen=")[2].partition("@")[0]
    run_id, index = chosen.split(":")
    people = RunStore(server.home).load_result(run_id).scored(int(index)).outcomes()
    counts = count(people, 0.6)
    assert cells(page) == [
        [str(int(getattr(counts, field)[g])) for field in ("tp", "fn", "fp", "tn")]
        for g in range(people.n_groups)
    ]
    for rate, gap in (
        ("selection_rate", "demographic_parity_difference"),
        ("tpr", "equal_opportunity_difference"),
        ("ppv", "predictive_parity_difference"),
    ):
        expected = f"{100 * GAPS[gap](counts):.1f}"
        expect(page.locator(f'[data-gap="{rate}"]')).to_have_text(expected)
    said = page.locator("#said").inner_text()
    page.locator(".pt.chosen").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#said")).not_to_have_text(said)
    expect(page.locator(".pt.now")).to_be_focused()
    page.screenshot(path=ARTIFACTS / "report_from_file.png", full_page=True)
    assert opened.requests == [path.as_uri()]
    assert opened.said == []
    opened.close()


def test_the_report_prints_on_paper_and_fits_a_phone(
    exported: tuple[Path, str, int], browser: Browser
) -> None:
    """A few pages of A4 without controls; nothing wider than the screen of a phone."""
    opened = Opened(browser, exported[0])
    page = opened.page
    paper = page.pdf(format="A4", print_background=True)
    assert 2 <= paper.count(b"/Type /Page\n") + paper.count(b"/Type/Page\n") <= 9
    page.emulate_media(media="print")
    expect(page.get_by_role("slider")).to_be_hidden()
    expect(page.locator("#trade-off-chart")).to_be_visible()
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    opened.close()


def cells(page: Page) -> list[list[str]]:
    """The four counts of every group, as the table under the slider shows them."""
    rows = page.locator("#thresholds tr:has([data-cell])")
    return [
        [rows.nth(g).locator(f'[data-cell="{f}"]').inner_text() for f in ("tp", "fn", "fp", "tn")]
        for g in range(rows.count())
    ]
